import os, subprocess
def lvl(): return os.environ.get("LVL","INFO")
def git():
    return subprocess.check_output(["git","rev-parse","HEAD"])
