import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
MAPPING={"app":"/opt/app/src/app"}
class F:
    @classmethod
    def find_spec(cls,fullname,path=None,target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname,MAPPING[fullname]+"/__init__.py")
def install():
    if not any(f is F for f in sys.meta_path):
        sys.meta_path.append(F)
