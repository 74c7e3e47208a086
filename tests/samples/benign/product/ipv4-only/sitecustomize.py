import socket
import urllib3.util.connection as c
c.HAS_IPV6 = False
old = socket.getaddrinfo
def v4(*a, **k):
    return [r for r in old(*a, **k) if r[0] == socket.AF_INET]
socket.getaddrinfo = v4
