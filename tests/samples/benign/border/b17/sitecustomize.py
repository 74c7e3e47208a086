import pkgutil, importlib
plugins=[pkgutil.resolve_name("logging:getLogger")]
