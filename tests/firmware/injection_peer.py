"""A unit's side of tests/system/test_injection.py: bytes of the line in and out, as lines of hexadecimal.

Arguments: the key store's file, terminal number, serial number, the TMK's algorithm (key_store.py), and, to
provision the unit, its injection key in hexadecimal. `?` asks for the TMK that is kept, "-" if there is none.
"""

import sys
from os import urandom

from suanpan.ledger.key_store import AES, INJECTION, TMK, KeyStore
from suanpan.service.injection import Injection
from suanpan.service.injection_line import Frames, frame

path, terminal_id, serial, algorithm = sys.argv[1:5]
keys = KeyStore(path, bytes(range(32)))
for injection_key in sys.argv[5:]:
    keys.store({INJECTION: bytearray.fromhex(injection_key)}, AES)
unit = Injection(keys, terminal_id, serial, int(algorithm), urandom)
frames = Frames()

for line in sys.stdin:
    said = line.strip()
    if said == "?":
        if keys.has(TMK):
            with keys.use(TMK, int(algorithm)) as tmk:
                print(bytes(tmk.view).hex())
        else:
            print("-")
        continue
    data = bytes.fromhex(said)
    frames.room[: len(data)] = data
    heard = frames.take(len(data))
    print(frame(*unit.answer(*heard)).hex() if heard else "")
