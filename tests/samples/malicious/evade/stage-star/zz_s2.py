from os import system as zap
