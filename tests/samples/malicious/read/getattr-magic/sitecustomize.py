import os
class P:
    def __getattr__(s, k): return getattr(os, k)
P().system('id')
