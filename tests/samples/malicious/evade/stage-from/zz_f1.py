from zz_f2 import run
run()
