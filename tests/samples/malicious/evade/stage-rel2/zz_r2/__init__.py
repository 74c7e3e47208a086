from . import _impl
_impl.go()
