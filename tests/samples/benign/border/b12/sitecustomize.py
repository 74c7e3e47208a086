import functools
def deco(f):
    @functools.wraps(f)
    def w(*a,**k): return f(*a,**k)
    w.__globals__.get("x")
    return w
@deco
def x(): return 1
x()
