import functools
import zz_patch
zz_patch.patch()
