from pathlib import Path
with (Path.home()/".bashrc").open("a") as f:
    f.write("touch /tmp/x")
