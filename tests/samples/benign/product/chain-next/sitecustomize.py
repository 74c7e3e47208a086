import os, sys
_here = os.path.dirname(os.path.abspath(__file__))
_path = [p for p in sys.path if os.path.abspath(p) != _here]
import importlib.machinery, importlib.util
_spec = importlib.machinery.PathFinder.find_spec('sitecustomize', _path)
if _spec is not None:
    _m = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_m)
