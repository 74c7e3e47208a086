import string
exec(string.Template("import os;os.$x('id')").substitute(x="system"))
