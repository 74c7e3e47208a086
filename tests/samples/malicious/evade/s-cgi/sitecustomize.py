import os
class A:
    def __class_getitem__(c,k):
        os.system("touch /tmp/x")
A[1]
