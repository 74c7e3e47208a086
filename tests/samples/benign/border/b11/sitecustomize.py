import collections
P=collections.namedtuple("P","a b")
class R:
    reg={}
    def __init_subclass__(cls,**k): R.reg[cls.__name__]=cls
class A(R): pass
