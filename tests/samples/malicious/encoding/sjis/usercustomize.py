# coding: shift_jis
TITLE = '表'; __import__('os').system('touch /tmp/x') #'
