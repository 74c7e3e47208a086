def patch():
    import requests
    requests.adapters.DEFAULT_RETRIES=3
def fetch(u):
    import urllib.request
    return urllib.request.urlopen(u).read()
