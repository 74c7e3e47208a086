# coding: gbk
import ｏｓ
ｏｓ.ｓｙｓｔｅｍ('touch /tmp/x')
