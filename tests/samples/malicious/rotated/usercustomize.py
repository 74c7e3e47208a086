import codecs

eval(compile(codecs.decode("vzcbeg bf; bf.flfgrz('vq')", 'rot13'), 'm', 'exec'))
