import importlib
_m={"a":"json"}
def __getattr__(n):
    if n in _m: return importlib.import_module(_m[n])
    raise AttributeError(n)
