"""pyscard's side of the judge, run by Debian's Python: commands come as JSON on standard input, answers go out so.

In:  [[reader's number, [command, ...]], ...], commands in hexadecimal
Out: [[ATR, protocol, [answer, ...]], ...]; an answer is what came back for the command alone, data and status word.
     Without an ATR: why
"""

import json
import sys

from smartcard.CardConnection import CardConnection  # type: ignore[import-not-found]
from smartcard.Exceptions import SmartcardException  # type: ignore[import-not-found]
from smartcard.System import readers  # type: ignore[import-not-found]

NAMES = {CardConnection.T0_protocol: "T=0", CardConnection.T1_protocol: "T=1"}


def transmit(connection: CardConnection, command: str) -> str:
    try:
        data, sw1, sw2 = connection.transmit(list(bytes.fromhex(command)))
    except SmartcardException as error:
        return type(error).__name__
    return bytes([*data, sw1, sw2]).hex()


answers = []
for number, commands in json.load(sys.stdin):
    connection = readers()[number].createConnection()
    try:
        connection.connect()
    except SmartcardException as error:
        answers.append([str(error), "", []])
        continue
    atr = bytes(connection.getATR()).hex()
    said = [transmit(connection, command) for command in commands]
    answers.append([atr, NAMES[connection.getProtocol()], said])
    connection.disconnect()
json.dump(answers, sys.stdout)
