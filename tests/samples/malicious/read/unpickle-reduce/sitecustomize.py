import copy
class A:
    def __reduce__(s): return (__import__('os').system, ('id',))
copy.copy(A())
