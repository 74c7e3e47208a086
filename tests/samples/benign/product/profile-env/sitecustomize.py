import os
if os.environ.get('PROFILE'):
    import cProfile, atexit
    p = cProfile.Profile()
    p.enable()
    atexit.register(lambda: (p.disable(), p.dump_stats('/tmp/profile.%d' % os.getpid())))
