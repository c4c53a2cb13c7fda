"""What is written into an application: files, lists, certificates (EMV 4.3 Book 3, 7; Book 2, 5 to 7; C-2, C-3, C-7).

Contact: SFI 1 is read and not signed, 2 holds the data that are, 3 the certificates. What a tap reads lies in SFI 4
to 6, the same way, with a certificate of its own: the signed data differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.cards import signatures
from host_tools.cards.application import Application, Face, Interface, Keys
from host_tools.cards.entries import cvm_list, track_2
from host_tools.cards.tlv import dol, join, tlv

if TYPE_CHECKING:
    from host_tools.cards.cryptograms import Cryptograms
    from host_tools.cards.entries import ApplicationEntry

_CERTIFICATE_EXPIRES: Final = "1236"  # MMYY
_CARD_SERIAL: Final = b"\0\0\1"
_CODE: Final = b"\xda\xc1"  # data authentication code

_FIRST: Final = (
    (0x9F02, 6), (0x9F03, 6), (0x9F1A, 2), (0x95, 5), (0x5F2A, 2), (0x9A, 3), (0x9C, 1), (0x9F37, 4),
)  # fmt: skip
_CDOL_1: Final = {
    "UnionPay": dol(*_FIRST, (0x9F21, 3), (0x9F4E, 20)),
    "Visa": dol(*_FIRST),
    "Mastercard": dol(*_FIRST, (0x9F35, 1), (0x9F45, 2), (0x9F4C, 8), (0x9F34, 3)),
}
_CDOL_2: Final = {
    "UnionPay": dol((0x8A, 2), *_FIRST, (0x9F21, 3)),
    "Visa": dol((0x8A, 2), *_FIRST),
    "Mastercard": dol((0x91, 10), (0x8A, 2), (0x95, 5), (0x9F37, 4), (0x9F4C, 8)),
}
_TAP_PDOL: Final = {
    "UnionPay": dol((0x9F66, 4), *_FIRST),
    "Visa": dol((0x9F66, 4), *_FIRST),
    "Mastercard": b"",
}
_TAP_CDOL: Final = dol(*_FIRST, (0x9F35, 1), (0x9F45, 2), (0x9F4C, 8), (0x9F34, 3))
_DDOL: Final = dol((0x9F37, 4))
_DRDOL: Final = dol((0x9F37, 4), (0x9F02, 6))
_VERSIONS: Final = {"UnionPay": "0020", "Visa": "0096", "Mastercard": "0002"}
_LOG: Final = dol((0x9A, 3), (0x9F21, 3), (0x9F02, 6), (0x9F03, 6), (0x9F1A, 2), (0x5F2A, 2), (0x9C, 1), (0x9F36, 2))

_ODA_BITS: Final = {"none": 0x00, "SDA": 0x40, "DDA": 0x60, "CDA": 0x61}
_CVM, _RISK, _ISSUER_AUTHENTICATION = 0x10, 0x08, 0x04
_EMV_MODE: Final = 0x80  # AIP byte 2, Mastercard's tap
_DEVICE_VERIFIES: Final = 0x02  # AIP byte 1, there too


@dataclass(frozen=True)
class _Layout:
    """Which SFIs a face has: of what is not signed, of what is, of certificates."""

    plain: int
    signed: int
    certificates: int


_LAYOUTS: Final = {Interface.CONTACT: _Layout(1, 2, 3), Interface.CONTACTLESS: _Layout(4, 5, 6)}


def personalise(entry: ApplicationEntry, keys: Keys, cryptograms: Cryptograms) -> Application:
    faces = {Interface.CONTACT: _contact(entry, keys)}
    if entry.tap:
        tapped = _tapped_with_emv if entry.product.scheme == "Mastercard" else _tapped_quickly
        faces[Interface.CONTACTLESS] = tapped(entry, keys)
    return Application(entry, keys, cryptograms, faces, _LOG)


def _contact(entry: ApplicationEntry, keys: Keys) -> Face:
    scheme = entry.product.scheme
    byte_1 = _ODA_BITS[entry.oda] | _CVM * bool(entry.cvm[8:]) | _RISK * entry.risk_management
    if entry.issuer_authentication and scheme != "Mastercard":
        byte_1 |= _ISSUER_AUTHENTICATION
    aip = bytes([byte_1, 0x00])
    lists = [(0x8C, _CDOL_1[scheme]), (0x8D, _CDOL_2[scheme]), (0x9F49, _DDOL)]
    records = _records(entry, keys, aip, entry.cvm, lists, Interface.CONTACT)
    pdol = bytes.fromhex(entry.pdol)
    return Face(_fci(entry, pdol), pdol, aip, _afl(records, Interface.CONTACT), records, dict(lists))


def _tapped_with_emv(entry: ApplicationEntry, keys: Keys) -> Face:
    """C-2: records and one GENERATE AC. Authentication is CDA or none."""
    oda = _ODA_BITS["CDA"] if entry.oda == "CDA" else 0
    device = _DEVICE_VERIFIES * entry.device_verified
    aip = bytes([oda & 0x21 | _CVM | _RISK | device, 0x00 if entry.mag_stripe_only else _EMV_MODE])
    rules = [f"{method} if supported, or next" for method in entry.taps_with]
    lists = [(0x8C, _TAP_CDOL), (0x8D, _CDOL_2["Mastercard"]), (0x9F51, _DRDOL)]
    records = _records(entry, keys, aip, cvm_list([*rules, "no CVM"]), lists, Interface.CONTACTLESS)
    return Face(_fci(entry, b""), b"", aip, _afl(records, Interface.CONTACTLESS), records, dict(lists))


def _tapped_quickly(entry: ApplicationEntry, keys: Keys) -> Face:
    """C-3 and C-7: GET PROCESSING OPTIONS says all; the records are read where the card approves offline."""
    aip = bytes([_ODA_BITS["DDA"] & 0x20 if entry.oda in ("DDA", "CDA") else 0, 0x00])
    records = _records(entry, keys, aip, b"", [], Interface.CONTACTLESS)
    pdol = _TAP_PDOL[entry.product.scheme]
    return Face(_fci(entry, pdol), pdol, aip, _afl(records, Interface.CONTACTLESS), records, {})


def _fci(entry: ApplicationEntry, pdol: bytes) -> bytes:
    parts = [
        (0x50, entry.product.label.encode()),
        (0x87, bytes([entry.priority | 0x80 * entry.confirm])),
        *([(0x9F38, pdol)] if pdol else []),
        (0x5F2D, b"zhen"),
        (0x9F11, b"\x01"),
        (0x9F12, entry.product.label.encode()),
        (0xBF0C, tlv(0x9F4D, b"\x0b\x0a")),
    ]
    return tlv(0x6F, tlv(0x84, entry.aid), tlv(0xA5, join(parts)))


def _records(
    entry: ApplicationEntry,
    keys: Keys,
    aip: bytes,
    cvm: bytes,
    lists: list[tuple[int, bytes]],
    interface: Interface,
) -> dict[tuple[int, int], bytes]:
    """By SFI and number, templates and all."""
    layout = _LAYOUTS[interface]
    signed = join(_signed_data(entry, cvm))
    track = [(0x57, track_2(entry))] if lists else []  # else it comes with the processing options
    bare: list[list[tuple[int, bytes]]] = [[*track, (0x5F20, entry.cardholder.encode())]]
    files: dict[tuple[int, int], bytes] = {}
    if entry.oda != "none":
        certificates = _certificates(entry, keys, signed + aip)
        small = [part for part in certificates if len(part[1]) <= 64]
        files |= {
            (layout.certificates, number): tlv(0x70, join([part]))
            for number, part in enumerate((part for part in certificates if len(part[1]) > 64), 1)
        }
        bare.append(small)
    if entry.spoil == "records":
        signed = join(_signed_data(entry, cvm, usage="FFC0"))
    files[layout.signed, 1] = tlv(0x70, signed)
    bare.append(
        [*lists, (0x9F42, bytes.fromhex(entry.currency)), (0x9F08, _version(entry, interface)), *_limits(entry)]
    )
    for number, parts in enumerate(bare, 1):
        files[layout.plain, number] = tlv(0x70, join(parts))
    return files


def _signed_data(entry: ApplicationEntry, cvm: bytes, usage: str = "") -> list[tuple[int, bytes]]:
    return [
        (0x5A, bytes.fromhex(entry.pan + "F" * (len(entry.pan) % 2))),
        (0x5F34, bytes.fromhex(entry.psn)),
        (0x5F24, bytes.fromhex(entry.expires)),
        (0x5F25, bytes.fromhex(entry.effective)),
        (0x5F28, bytes.fromhex(entry.country)),
        (0x5F30, bytes.fromhex("0" + entry.service_code)),
        (0x9F07, bytes.fromhex(usage or entry.usage)),
        *([(0x8E, cvm)] if cvm else []),
        (0x9F0D, bytes.fromhex(entry.iac_default)),
        (0x9F0E, bytes.fromhex(entry.iac_denial)),
        (0x9F0F, bytes.fromhex(entry.iac_online)),
        *([(0x9F4A, b"\x82")] if entry.oda != "none" else []),
    ]


def _certificates(entry: ApplicationEntry, keys: Keys, static: bytes) -> list[tuple[int, bytes]]:
    serial = bytes.fromhex(entry.serial)
    issuer = signatures.issuer_certificate(keys.ca.private, keys.issuer, entry.pan, _CERTIFICATE_EXPIRES, serial)
    parts = [
        (0x8F, bytes([0xEE if entry.spoil == "unknown key" else keys.ca.index])),
        (0x90, _spoilt(issuer.certificate, entry.spoil == "issuer certificate")),
        (0x92, issuer.remainder),
        (0x9F32, issuer.exponent),
    ]
    if entry.oda == "SDA":
        code = signatures.static_signature(keys.issuer, _CODE, static)
        parts.append((0x93, _spoilt(code, entry.spoil == "static")))
    else:
        card = signatures.card_certificate(
            keys.issuer, keys.card, entry.pan, _CERTIFICATE_EXPIRES, _CARD_SERIAL, static
        )
        parts += [
            (0x9F46, _spoilt(card.certificate, entry.spoil == "card certificate")),
            (0x9F47, card.exponent),
            (0x9F48, card.remainder),
        ]
    if keys.pin:
        pin = signatures.card_certificate(keys.issuer, keys.pin, entry.pan, _CERTIFICATE_EXPIRES, _CARD_SERIAL)
        parts += [(0x9F2D, pin.certificate), (0x9F2E, pin.exponent), (0x9F2F, pin.remainder)]
    return [(tag, value) for tag, value in parts if value]


def _afl(records: dict[tuple[int, int], bytes], interface: Interface) -> bytes:
    layout = _LAYOUTS[interface]
    last = {sfi: max(number for each, number in records if each == sfi) for sfi, _ in records}
    return b"".join(bytes([sfi << 3, 1, last[sfi], int(sfi == layout.signed)]) for sfi in sorted(last))


def _limits(entry: ApplicationEntry) -> list[tuple[int, bytes]]:
    return [(0x9F14, bytes([entry.lower])), (0x9F23, bytes([entry.upper]))] if entry.upper else []


def _version(entry: ApplicationEntry, interface: Interface) -> bytes:
    """By which a kernel for UnionPay knows the signature of a tap: 0030 is PBOC 3.0."""
    known = _VERSIONS[entry.product.scheme]
    if interface is Interface.CONTACTLESS and entry.product.scheme == "UnionPay":
        known = "0030" if entry.fast_dda else "0020"
    return bytes.fromhex(entry.version or known)


def _spoilt(data: bytes, wanted: bool) -> bytes:
    """One bit of it, well inside."""
    return data[:40] + bytes([data[40] ^ 0x01]) + data[41:] if wanted else data
