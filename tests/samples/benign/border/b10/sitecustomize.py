import atexit, readline, os
h=os.path.expanduser("~/.app_history")
atexit.register(readline.write_history_file,h)
