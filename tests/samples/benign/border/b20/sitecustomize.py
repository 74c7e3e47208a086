import operator
k=operator.attrgetter("a.b")
sorted([],key=operator.methodcaller("lower"))
