"""The update signer, with OpenSSL's command as the judge of its signatures where there is one."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from host_tools.keys import errors
from host_tools.keys.signer import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.ceremony import Ceremony
    from tests.plugins.debian import ToolFinder

PASSPHRASE = "only for updates"
IMAGE = b"suanpan 1.2.3" * 100


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signer") / "signer.pem"
    Signer.make(path, PASSPHRASE)
    return path


@pytest.fixture
def signer(path: Path) -> Signer:
    return Signer.load(path, PASSPHRASE)


def _public(signer: Signer) -> RSAPublicKey:
    return RSAPublicNumbers(signer.public.e, int.from_bytes(signer.public.n, "big")).public_key()


def test_the_public_half_verifies(signer: Signer) -> None:
    _public(signer).verify(signer.sign(IMAGE), IMAGE, PSS(MGF1(SHA256()), 32), SHA256())


def test_another_image_does_not_verify(signer: Signer) -> None:
    with pytest.raises(InvalidSignature):
        _public(signer).verify(signer.sign(IMAGE), IMAGE + b"\0", PSS(MGF1(SHA256()), 32), SHA256())


def test_the_public_half_has_its_shape(signer: Signer) -> None:
    assert len(signer.public.n) == 384
    assert signer.public.n[0] & 0x80
    assert signer.public.e == 65537
    assert json.loads(signer.public.to_json()) == {"n": signer.public.n.hex().upper(), "e": 65537}


def test_a_signature_comes_out_the_same_twice_and_hangs_on_image_and_key(
    signer: Signer, path: Path, tmp_path: Path
) -> None:
    assert signer.sign(IMAGE) == Signer.load(path, PASSPHRASE).sign(IMAGE)
    assert signer.sign(IMAGE) != signer.sign(IMAGE + b"\0")
    assert Signer.make(tmp_path / "other.pem", PASSPHRASE).sign(IMAGE) != signer.sign(IMAGE)


def test_openssl_verifies(signer: Signer, tmp_path: Path, debian_tool: ToolFinder) -> None:
    pem = _public(signer).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("public.pem", pem), ("image", IMAGE), ("image.sig", signer.sign(IMAGE))):
        (tmp_path / name).write_bytes(content)
    command = f"{debian_tool('openssl')} dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"
    done = subprocess.run(
        [*command.split(), "-verify", "public.pem", "-signature", "image.sig", "image"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"Verified OK\n"


def test_the_file_is_under_the_passphrase(path: Path) -> None:
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    for wrong in ("", "only for Updates", PASSPHRASE + " "):
        with pytest.raises(errors.BadCredential):
            Signer.load(path, wrong)


def test_it_is_not_made_twice(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.KeyExists):
        Signer.make(path, PASSPHRASE)
    assert path.read_bytes() == before


def test_a_short_passphrase_makes_none(tmp_path: Path) -> None:
    with pytest.raises(errors.ShortPassphrase):
        Signer.make(tmp_path / "signer.pem", "short")
    assert not (tmp_path / "signer.pem").exists()


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(errors.NoSuchKey):
        Signer.load(tmp_path / "signer.pem", PASSPHRASE)


def test_another_kind_of_key_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "signer.pem"
    encrypted = BestAvailableEncryption(PASSPHRASE.encode())
    small = generate_private_key(public_exponent=65537, key_size=2048)
    for key in (ed25519.Ed25519PrivateKey.generate(), small):
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted))
        with pytest.raises(errors.Altered):
            Signer.load(path, PASSPHRASE)
    path.write_bytes(small.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(errors.Altered):
        Signer.load(path, PASSPHRASE)


def test_acts_are_lines(ceremony: Ceremony) -> None:
    ceremony.make_signer("Li Lei", PASSPHRASE)
    signature = ceremony.sign("Li Lei", PASSPHRASE, "app.bin", IMAGE)
    assert len(signature) == 384
    with pytest.raises(errors.BadCredential):
        ceremony.sign("Han Meimei", "not the passphrase", "app.bin", IMAGE)
    with pytest.raises(errors.KeyExists):
        ceremony.make_signer("Han Meimei", PASSPHRASE)
    key = f"app.bin sha256:{hashlib.sha256(IMAGE).hexdigest()}"
    assert [(line.act, line.who, line.key, line.outcome) for line in ceremony.audit.verify()] == [
        ("make signer", ["Li Lei"], "", "done"),
        ("sign", ["Li Lei"], key, "done"),
        ("sign", ["Han Meimei"], key, "refused: BadCredential"),
        ("make signer", ["Han Meimei"], "", "refused: KeyExists"),
    ]
