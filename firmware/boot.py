# The first thing that runs on a board, from the small file system that no update touches: it chooses the application
# to start, and puts it at /app. /main.py starts it. A REPL that wants the board for itself runs this file alone.
import gc

import micropython

micropython.kbd_intr(-1)  # until it is known who may come in: in release mode (service/repl_lock.py) Ctrl-C is data

import json
import sys

import vfs
from esp32 import NVS, Partition

try:
    released = NVS("suanpan").get_blob("release", bytearray(1)) > 0
except OSError:
    released = False
    micropython.kbd_intr(3)

try:
    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.slots.choice import choose

    with open("/board.json") as file:  # what never changes of a board: its name, and the pins of its lights
        own = json.load(file)
    with open("/signer.bin", "rb") as file:  # whose signature an application must have
        key = RsaPublicKey(file.read(), 65537)

    application = choose(NVS("suanpan"), (Partition("slot_a"), Partition("slot_b")), key, own["board"])
    if application:
        vfs.mount(application, "/app")
        sys.path[:0] = ["/app"]
    else:
        from machine import Pin

        print("no application to start: write one with suanpan flash")
        for number in own["lights"]:  # all four, steadily
            Pin(number, Pin.OUT, value=1)
except Exception:
    if released:  # no prompt: a MicroPython that is being tried, and takes none of this, gives way to the one before
        from machine import reset

        reset()
    raise

# The application brings its own copy of all that was needed here, and finds the memory that this was in.
for name in list(sys.modules):
    if name.split(".")[0] == "suanpan":
        del sys.modules[name]
del application, choose, file, key, name, own, RsaPublicKey, NVS, Partition, json, micropython, vfs
gc.collect()
