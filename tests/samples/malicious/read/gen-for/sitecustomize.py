import os
def g():
    yield os.system
for f in g():
    f('id')
