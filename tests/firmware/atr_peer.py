"""The firmware's side of tests/host/judges/test_atr.py: what it makes of each answer to reset on standard input.

One answer a line, in hexadecimal; out comes the name of the error, or protocol, specific, TA1, guard time, WI, IFSC,
BWI, CWI and CRC, as numbers.
"""

import sys

from suanpan.cards import atr
from suanpan.errors.chip import CardError

for line in sys.stdin:
    answer = bytes.fromhex(line.strip())
    try:
        have = 0
        while have < (end := atr.length(answer, have)):
            if end > len(answer):
                break
            have = end
        said = atr.parse(answer, len(answer), True)
        fields = (said.protocol, said.specific, said.ta1, said.guard, said.wi, said.ifsc, said.bwi, said.cwi, said.crc)
        print(*(int(field) for field in fields))
    except CardError as error:
        print(type(error).__name__)
