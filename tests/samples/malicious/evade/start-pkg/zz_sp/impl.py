import os
def work(): os.system("touch /tmp/x")
