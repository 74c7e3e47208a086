import sys, time, os
with open('/var/log/python-starts.log', 'a') as f:
    f.write('%s %d %s\n' % (time.ctime(), os.getpid(), sys.argv))
