import faulthandler, os
faulthandler.enable(file=open('/var/log/app/fault.%d' % os.getpid(), 'w'))
