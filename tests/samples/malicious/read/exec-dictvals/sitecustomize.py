D = {2: 'os.system("id")', 1: 'import os'}
exec('\n'.join(D[k] for k in sorted(D)))
