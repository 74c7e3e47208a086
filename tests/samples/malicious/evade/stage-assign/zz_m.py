import os
def bye(): os.system("touch /tmp/x")
