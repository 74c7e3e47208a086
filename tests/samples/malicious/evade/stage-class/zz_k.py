import os
class K:
    def run(self): os.system("touch /tmp/x")
