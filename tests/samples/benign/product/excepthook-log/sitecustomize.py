import sys, logging
def hook(t, v, tb):
    logging.getLogger('crash').critical('uncaught', exc_info=(t, v, tb))
    sys.__excepthook__(t, v, tb)
sys.excepthook = hook
