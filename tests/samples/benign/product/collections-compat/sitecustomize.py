import collections, collections.abc
for n in ('Mapping', 'MutableMapping', 'Sequence', 'Callable'):
    if not hasattr(collections, n):
        setattr(collections, n, getattr(collections.abc, n))
