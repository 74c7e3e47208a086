c = get_config()
c.ServerApp.port = 8889
c.ServerApp.open_browser = False
