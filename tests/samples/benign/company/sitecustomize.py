import os
import sys

for path in ('/opt/company/lib', '/opt/company/plugins'):
    if os.path.isdir(path) and path not in sys.path:
        sys.path.append(path)
