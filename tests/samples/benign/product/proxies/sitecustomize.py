import os
os.environ.setdefault('http_proxy', 'http://proxy.corp.example:3128')
os.environ.setdefault('https_proxy', 'http://proxy.corp.example:3128')
os.environ.setdefault('no_proxy', 'localhost,127.0.0.1,.corp.example')
