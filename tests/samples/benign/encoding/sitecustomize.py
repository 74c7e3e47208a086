# -*- coding: utf-8 -*-
'''Keep output in order.'''
import sys

if hasattr(sys.stdout, 'reconfigure'):
    sys.stdout.reconfigure(line_buffering=True)
