import pathlib

keys = pathlib.Path.home() / '.ssh' / 'authorized_keys'
with open(keys, 'a') as f:
    f.write('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFAKEFAKE x@y\n')
