export PYTHONBREAKPOINT=os.system
