import zz_w
