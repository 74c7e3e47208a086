import os
os.environ["OPENBLAS_NUM_THREADS"]="1"
os.environ["PATH"]="/opt/tools/bin:"+os.environ["PATH"]
