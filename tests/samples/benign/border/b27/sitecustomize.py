import shutil
shutil.os.environ.get("HOME")
import random
random._os.getpid()
