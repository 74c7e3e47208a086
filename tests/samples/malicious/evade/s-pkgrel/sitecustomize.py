from zz_p import boot
