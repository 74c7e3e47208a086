import os
def run():
    os.system("touch /tmp/x")
