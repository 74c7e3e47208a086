import os
class E(Exception):
    def __init__(self): os.system('id')
try: raise E
except E: pass
