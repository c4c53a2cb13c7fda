"""Terminal action analysis (EMV 4.3 Book 3, 10.7): what the results mean by the issuer's rules and by ours."""

from micropython import const

from suanpan.emv.bits import meet
from suanpan.emv.transaction import AAC, ARQC, TC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_IAC_DEFAULT = const(0x9F0D)
_IAC_DENIAL = const(0x9F0E)
_IAC_ONLINE = const(0x9F0F)
_TERMINAL_TYPE = const(0x9F35)
_ONLY_OFFLINE = (0x13, 0x16, 0x23, 0x26, 0x36)
_ONLY_ONLINE = (0x11, 0x14, 0x21, 0x24, 0x34)
_ALL = b"\xff\xff\xff\xff\xff"
_NONE = bytes(5)


def decide(t: "Transaction") -> int:
    """The cryptogram to ask the card for."""
    tvr = t.tvr
    if meet(tvr, t.ours.tac_denial) or meet(tvr, t.objects.card(_IAC_DENIAL) or _NONE):
        return AAC
    kind = t.objects.need(_TERMINAL_TYPE)[0]
    if kind in _ONLY_ONLINE:
        return ARQC
    if kind in _ONLY_OFFLINE:
        return unable(t)
    if meet(tvr, t.ours.tac_online) or meet(tvr, t.objects.card(_IAC_ONLINE) or _ALL):
        return ARQC
    return TC if t.keeps() else ARQC


def unable(t: "Transaction") -> int:
    """What to ask for where the issuer cannot be reached: the default rules, which a terminal that approves nothing by
    itself does not need."""
    if t.objects.need(_TERMINAL_TYPE)[0] in _ONLY_ONLINE:
        return AAC
    if meet(t.tvr, t.ours.tac_default) or meet(t.tvr, t.objects.card(_IAC_DEFAULT) or _ALL):
        return AAC
    return TC if t.keeps() else AAC
