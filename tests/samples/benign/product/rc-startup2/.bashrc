export PYTHONSTARTUP="$HOME/.config/python/startup.py"
