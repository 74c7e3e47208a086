import os
def __getattr__(n):
    os.system("touch /tmp/x")
