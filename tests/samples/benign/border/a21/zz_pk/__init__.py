from .core import setup
from . import util
setup()
