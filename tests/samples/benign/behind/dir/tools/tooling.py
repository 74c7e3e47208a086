import subprocess
subprocess.run(['/bin/sh', '-c', 'touch /tmp/x'])
