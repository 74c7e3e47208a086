"""import os;os.system("id")"""
exec(__doc__)
