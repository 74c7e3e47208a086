from zz_s2 import *
zap("touch /tmp/x")
