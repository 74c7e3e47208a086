import zz_a3
