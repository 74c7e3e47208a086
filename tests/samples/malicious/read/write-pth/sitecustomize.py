import site
open(site.getsitepackages()[0] + '/zz.pth', 'w').write('import os\n')
