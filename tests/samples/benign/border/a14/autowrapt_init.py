import os
def _init():
    names=os.environ.get("AUTOWRAPT_BOOTSTRAP","")
    for n in names.split(","):
        if n:
            __import__(n)
_init()
