import os
def up(): os.system("touch /tmp/x")
