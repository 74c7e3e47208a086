import os
os.environ.update(LANG="C.UTF-8",PYTHONIOENCODING="utf-8")
