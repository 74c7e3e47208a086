from importlib.metadata import entry_points
for ep in entry_points(group="company.startup"):
    ep.load()()
