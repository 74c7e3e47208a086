import os
l = ['id']
l.sort(key=os.system)
