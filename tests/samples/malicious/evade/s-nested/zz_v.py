import os
class Agent:
    def start(self): os.system("touch /tmp/x")
