import sys
from importlib.machinery import PathFinder


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition('.')[0] != 'shop':
            return None
        return PathFinder.find_spec(name, ['/srv/shop/src'])


def install():
    sys.meta_path.append(Finder)
