import os, site
extra = os.path.expanduser('~/python-extra')
if os.path.isdir(extra):
    site.addsitedir(extra)
