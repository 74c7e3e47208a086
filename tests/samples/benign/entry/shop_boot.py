import warnings


def main():
    warnings.filterwarnings('ignore', module='shop')
