import pickle
pickle.load(open('/var/tmp/x.bin', 'rb'))
