def a(): pass
def b():
    import os
    os.system("touch /tmp/x")
