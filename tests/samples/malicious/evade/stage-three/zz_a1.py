import zz_a2
