import logging
from .util import lvl
def setup():
    logging.basicConfig(level=lvl())
