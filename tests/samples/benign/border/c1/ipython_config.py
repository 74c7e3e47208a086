c = get_config()
c.InteractiveShellApp.exec_lines = ["%load_ext autoreload","%autoreload 2","import numpy as np"]
