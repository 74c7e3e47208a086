# Site-wide settings.
import sys
import warnings

sys.setrecursionlimit(5000)
warnings.simplefilter('default', DeprecationWarning)
