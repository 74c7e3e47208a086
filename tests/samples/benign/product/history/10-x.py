import atexit, os, readline, rlcompleter
histfile = os.path.join(os.path.expanduser("~"), ".python_history")
try:
    readline.read_history_file(histfile)
    readline.set_history_length(10000)
except FileNotFoundError:
    pass
atexit.register(readline.write_history_file, histfile)
readline.parse_and_bind('tab: complete')
del os, histfile
