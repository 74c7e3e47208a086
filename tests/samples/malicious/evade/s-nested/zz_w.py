from zz_v import Agent
Agent().start()
