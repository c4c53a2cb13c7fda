"""Stock images that are none, damaged, or for something else; and those that must be fetched. esptool is the judge."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from host_tools.flash import errors
from host_tools.flash.fetch import stock_image
from host_tools.flash.plan import plan
from host_tools.flash.stand_in import stand_in
from host_tools.flash.stock import parse

GOOD = stand_in("esp32", program=30_000)


def test_a_damaged_octet_is_found_wherever_it_is() -> None:
    ends = (len(GOOD), 0x8000 - 0x1000)
    boot_loader = len(GOOD[: ends[1]].rstrip(b"\xff"))
    places = [*Random(1).sample(range(24, boot_loader), 20), *Random(2).sample(range(0xF000 + 24, len(GOOD)), 20)]
    for at in places:
        damaged = bytearray(GOOD)
        damaged[at] ^= 1
        with pytest.raises(errors.CorruptImage):
            parse(bytes(damaged), "it")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.NotAnImage),
        (b"\xe9" * 10, errors.NotAnImage),
        (Path(__file__).read_bytes(), errors.NotAnImage),
        (b"\x7fELF" + bytes(400), errors.NotAnImage),
        (GOOD[:12] + b"\x77\x77" + GOOD[14:], errors.NotAnImage),  # a chip that nobody makes
        (GOOD[:12] + b"\x09\x00" + GOOD[14:], errors.CorruptImage),  # an ESP32's, said to be an ESP32-S3's
        (GOOD[:0x4000], errors.CorruptImage),
        (GOOD[:-1], errors.CorruptImage),
        (GOOD[: 0x10000 - 0x1000], errors.NoApplication),
        (GOOD[: 0x10000 - 0x1000] + bytes(5000), errors.CorruptImage),
        (GOOD[: 0x10000 - 0x1000] + stand_in("esp32s3", program=5000)[0x10000:], errors.CorruptImage),
    ],
)
def test_what_is_no_image_for_a_bare_chip(content: bytes, error: type[errors.FlashError]) -> None:
    with pytest.raises(error) as found:
        parse(content, "it")
    assert str(found.value) == f"{error.says} ({found.value.args[0].removeprefix(error.says)[2:-1]})"


def test_an_image_for_another_chip_or_too_large_for_its_partition() -> None:
    image = b"\xff" * (4 << 20)
    with pytest.raises(errors.OtherChipsImage):
        plan(parse(GOOD, "it"), image, "esp32s3")
    table = bytes.fromhex("aa500000") + (0x10000).to_bytes(4, "little") + (0x7000).to_bytes(4, "little")
    small = image[:0x8000] + table + b"factory".ljust(20, b"\0") + image[0x8020:]
    with pytest.raises(errors.TooLargeImage):
        plan(parse(GOOD, "it"), small, "esp32")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as the base class has it
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_an_image_from_the_network_by_its_hash_and_the_second_time_without(tmp_path: Path) -> None:
    (tmp_path / "stock.bin").write_bytes(GOOD)
    pinned = hashlib.sha256(GOOD).hexdigest()
    kept = tmp_path / "kept"
    seen: list[tuple[int, int]] = []
    with served(tmp_path) as (address, asked):
        path = stock_image(f"{address}/stock.bin", pinned, kept, lambda *told: seen.append(told))
        assert path.read_bytes() == GOOD
        assert seen[-1] == (len(GOOD), len(GOOD))
        assert stock_image(f"{address}/stock.bin", pinned.upper(), kept) == path
        assert len(asked) == 1
        with pytest.raises(errors.OtherHash):
            stock_image(f"{address}/stock.bin", "0" * 64, kept)
        with pytest.raises(errors.Offline, match="File not found"):
            stock_image(f"{address}/other.bin", "1" * 64, kept)
    assert [left.name for left in kept.iterdir()] == [f"{pinned}.bin"]
    path.write_bytes(GOOD[:-1])
    with pytest.raises(errors.OtherHash):
        stock_image("http://127.0.0.1:1/stock.bin", pinned, kept)


def test_without_a_network_or_without_a_hash(tmp_path: Path) -> None:
    with pytest.raises(errors.Offline, match=r"give its path instead of the address"):
        stock_image("http://127.0.0.1:1/stock.bin", "0" * 64, tmp_path)
    with pytest.raises(errors.NoHash):
        stock_image("https://example.test/stock.bin", "", tmp_path)
    with pytest.raises(errors.OtherHash):
        stock_image(str(Path(__file__)), "0" * 64, tmp_path)
    assert stock_image(str(Path(__file__)), "", tmp_path) == Path(__file__)
