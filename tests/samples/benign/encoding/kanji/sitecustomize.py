# coding: shift_jis
# 表示の設定
import sys

sys.ps1 = "表示> "
sys.ps2 = "ソース; os.system('x')"
