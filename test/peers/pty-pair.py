"""Two serial ports with a cable between them, without hardware. Says READY and both paths, ends when killed."""
import os
import select
import tty

ends = [os.openpty() for _ in range(2)]
for _, port in ends:
    tty.setraw(port)
masters = [master for master, _ in ends]
print("READY", *(os.ttyname(port) for _, port in ends), flush=True)
while True:
    for master in select.select(masters, [], [])[0]:
        os.write(masters[1 - masters.index(master)], os.read(master, 4096))
