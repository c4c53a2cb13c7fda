"""Keys that are loaded, that run out, or that have signed something."""

from suanpan.errors import CryptoError


class KsnExhausted(CryptoError):
    """Every key that DUKPT could derive has been used. Way out: load a new initial key."""

    code = "K06"


class KeyBlockError(CryptoError):
    """A key block cut short, altered, of another version, or not under this protection key."""

    code = "K07"


class KeyUseError(CryptoError):
    """A sound key block whose key is not for the use that it is wanted for."""

    code = "K08"


class SignatureError(CryptoError):
    """Not a signature under this key: of another length than its modulus, or not below it."""

    code = "K09"
