# coding: gb18030
"""提示符。"""
import sys

sys.ps1 = "命令> "
