def f():
    """import os; os.system('id')"""
exec(f.__doc__)
