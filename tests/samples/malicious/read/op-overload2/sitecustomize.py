import os
class P:
    def __or__(s, o): return o(s.c)
    c = 'id'
P() | os.system
