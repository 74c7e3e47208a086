import io
exec(io.StringIO("import os;os.system('id')").read())
