from json import dumps


def show(x):
    return dumps(x)
