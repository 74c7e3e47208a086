import logging
import os

if os.environ.get('SHOP_DEBUG'):
    logging.basicConfig(level=logging.DEBUG)
