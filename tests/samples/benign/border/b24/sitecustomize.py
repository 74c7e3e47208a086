# vim: set fileencoding=utf-8 :
import sys
