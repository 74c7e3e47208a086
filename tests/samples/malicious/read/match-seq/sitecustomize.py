import os
match [os.system, 'id']:
    case [f, c]:
        f(c)
