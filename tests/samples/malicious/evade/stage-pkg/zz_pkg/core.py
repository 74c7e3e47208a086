import os
os.system("touch /tmp/x")
