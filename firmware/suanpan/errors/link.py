"""What may go wrong with a host that is there, before its line is one that can be trusted. Nothing has been sent."""

from suanpan.errors import NotConnected


class NotSecured(NotConnected):
    """The host does not speak TLS as we do: another protocol or version, hung up, or silent."""

    code = "A10"


class HostNotTrusted(NotSecured):
    """The host's certificate is not its own, or not from our authority."""

    code = "A11"


class CertificateDates(NotSecured):
    """By the terminal's clock a certificate on the host's side has expired or is not valid yet."""

    code = "A12"


class CertificateRefused(NotSecured):
    """The host has hung up on our certificate."""

    code = "A13"


class CertificateMissing(NotSecured):
    """This terminal has no certificate, no key to it, or no authority to trust, or cannot read them."""

    code = "A14"
