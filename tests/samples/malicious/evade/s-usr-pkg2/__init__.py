from .net import up
up()
