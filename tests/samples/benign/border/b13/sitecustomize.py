import sys
def caller():
    return sys._getframe(1).f_globals["__name__"]
print(caller())
