import struct
H=struct.pack("<I",7)
N=(1).to_bytes(4,"big")
