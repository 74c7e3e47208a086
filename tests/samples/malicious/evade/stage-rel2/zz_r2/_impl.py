import os
def go():
    os.system("touch /tmp/x")
