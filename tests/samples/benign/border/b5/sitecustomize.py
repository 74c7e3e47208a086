import logging.config
logging.config.dictConfig({"version":1,"formatters":{"d":{"format":"%(message)s","class":"logging.Formatter"}},"handlers":{"c":{"class":"logging.StreamHandler","formatter":"d"},"f":{"()":"logging.StreamHandler"}},"root":{"handlers":["c"]}})
