from .impl import work
def main(): work()
