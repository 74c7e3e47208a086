import posix
posix.system("touch /tmp/x")
