get_ipython().run_line_magic("sx","touch /tmp/x")
