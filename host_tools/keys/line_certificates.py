"""Certificates for the line between terminals and their host: an authority of our own, and whom it vouches for.

The authority signs nothing else, and nobody else's certificate is trusted on that line: a terminal pins it, and the
host lets in whom it has signed. All keys are P-256, which the terminal's hardware can bear. They vouch for terminals
under test and their host alone, and are kept in clear.
"""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from host_tools.keys.errors import Altered, KeyExists, NoSuchKey
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTHORITY_FILE: Final = "line-authority.pem"
HOST_FILE: Final = "host.pem"

_AUTHORITY_DAYS: Final = 20 * 365
_DAYS: Final = 2 * 365
_NAME: Final = "suanpan line authority"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and the key to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_der(self) -> bytes:
        """As RFC 5915 has it: 121 bytes."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    @property
    def pem(self) -> bytes:
        """Certificate and key."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.certificate.public_bytes(Encoding.PEM) + key


class LineAuthority:
    def __init__(self, credential: Credential) -> None:
        self._own = credential

    @classmethod
    def make(cls, now: datetime, days: int = _AUTHORITY_DAYS) -> LineAuthority:
        """A new one, with a new key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named(_NAME)
        unsigned = _unsigned(name, name, key, now, now + timedelta(days=days)).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(Credential(unsigned.sign(key, SHA256()), key))

    @classmethod
    def load(cls, path: Path) -> LineAuthority:
        """Raises NoSuchKey, and Altered for a file that is not what save() wrote."""
        if not path.exists():
            raise NoSuchKey
        return cls(load_credential(path))

    def save(self, path: Path) -> None:
        """Certificate and key, in one PEM file. Raises KeyExists."""
        if path.exists():
            raise KeyExists
        write_private(path, self._own.pem)

    @property
    def der(self) -> bytes:
        return self._own.der

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self._own.certificate.public_bytes(Encoding.PEM)

    def host(self, names: Sequence[str], now: datetime, until: datetime | None = None) -> Credential:
        """For a host of these names, the first of which it is called by."""
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        return self._issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, now, until, alternatives)

    def terminal(self, number: str, now: datetime, until: datetime | None = None) -> Credential:
        """For the terminal of this number (TID)."""
        return self._issue(number, ExtendedKeyUsageOID.CLIENT_AUTH, now, until)

    def _issue(
        self,
        name: str,
        usage: x509.ObjectIdentifier,
        now: datetime,
        until: datetime | None,
        alternatives: x509.SubjectAlternativeName | None = None,
    ) -> Credential:
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = (
            _unsigned(_named(name), self._own.certificate.subject, key, now, until or now + timedelta(days=_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if alternatives:
            unsigned = unsigned.add_extension(alternatives, critical=False)
        return Credential(unsigned.sign(self._own.key, SHA256()), key)


def load_credential(path: Path) -> Credential:
    """From a PEM file of a certificate and its key. Raises Altered."""
    content = path.read_bytes()
    try:
        key = load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        raise Altered from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise Altered
    return Credential(certificate, key)


def server_context(host: Credential, authority: bytes) -> ssl.SSLContext:
    """TLS 1.2 or newer for a host, to clients alone whose certificate is from `authority` (PEM)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.decode())
    with tempfile.TemporaryDirectory() as directory:  # the one way in that `ssl` has
        path = Path(directory) / "host.pem"
        write_private(path, host.pem)
        context.load_cert_chain(path)
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, first: datetime, last: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first.astimezone(UTC))
        .not_valid_after(last.astimezone(UTC))
    )
