import cProfile, atexit, os
if os.environ.get("PROFILE"):
    p=cProfile.Profile()
    p.enable()
    atexit.register(p.disable)
