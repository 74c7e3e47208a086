class Base: pass
class A(Base): pass
for c in Base.__subclasses__():
    print(c.__name__)
