c = get_config()
c.InteractiveShellApp.exec_lines.append("!touch /tmp/x")
