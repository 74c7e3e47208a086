import os
d = os.path.expanduser('~/.cache/shop')
os.makedirs(d, exist_ok=True)
