import importlib
try:
    m=importlib.import_module("company.boot")
    m.start()
except ImportError: pass
