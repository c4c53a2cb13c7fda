"""What pyscard reads in answers to reset, run by Debian's Python: one a line in hexadecimal, one JSON list a line out.

[interface bytes by index: [[TA1, TB1, TC1, TD1], ...], number of historical bytes]
"""

import json
import sys

from smartcard.ATR import ATR  # type: ignore[import-not-found]

for line in sys.stdin:
    atr = ATR(list(bytes.fromhex(line.strip())))
    print(json.dumps([list(zip(atr.TA, atr.TB, atr.TC, atr.TD, strict=True)), atr.K]))
