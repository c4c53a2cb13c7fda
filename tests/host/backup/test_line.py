"""Archives over the line, both ends: the host's tool and the firmware; and what either of them does with a bad one."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from host_tools.backup import errors, line
from host_tools.backup.line import Connection, Kind
from host_tools.keys.framing import frame
from tests.host.backup.boards import KEY, LIFE, Cable, PowerIsGone

if TYPE_CHECKING:
    from tests.host.backup.boards import Boards
    from tests.host.backup.conftest import Saved

OWN = {"area", "key", "stan", "next", "number"}


def same(told: dict[str, object], saved: Saved) -> None:
    """All that the old board knew, with counters that have gone on."""
    for name in told.keys() - OWN:
        assert told[name] == saved.told[name]
    assert int(str(told["stan"])) == int(saved.told["stan"]) + 10_000
    assert int(str(told["number"])) > saved.told["number"]


def nothing(cable: Cable) -> None:
    told = cable.told()
    assert (told["entries"], told["totals"], told["number"], told["stan"]) == ([], [], 0, "000000")


def test_saved_and_restored(boards: Boards, saved: Saved) -> None:
    new = boards.fresh("new", 2)
    seen: list[int] = []
    line.restore(new, saved.content, seen.append)
    assert seen[-1] == len(saved.content)
    new.on()
    same(new.told(), saved)
    assert KEY[:8] not in new.heard
    new.on([("reverse",), ("deliver",), ("deliver",), ("settle",), ("sign_in", "000003"), ("sell", 5)])
    assert new.told()["entries"][-1][2] == f"{int(saved.told['stan']) + 10_003:06}"


@pytest.mark.parametrize("lost", [1, 2, 7, 40])
def test_an_answer_that_is_lost_is_asked_for_again(boards: Boards, saved: Saved, lost: int) -> None:
    old = boards.fresh("talks", 1, LIFE)
    old.lose = frozenset({lost})
    content = line.save(old)
    assert len(content) == len(saved.content)
    new = boards.fresh("hears", 2)
    new.lose = frozenset({lost, lost + 2})
    line.restore(new, content)
    new.on()
    same(new.told(), saved)


def test_the_last_answer_lost(boards: Boards, saved: Saved) -> None:
    new = boards.fresh("last", 2)
    new.lose = frozenset({-(-len(saved.content) // line.PIECE)})
    line.restore(new, saved.content)
    new.on()
    same(new.told(), saved)


def test_the_power_goes_on_the_way(boards: Boards, saved: Saved) -> None:
    """At the board's end; and then it is restored after all."""
    new = boards.fresh("cut", 2)
    for operation in (0, 3, 60, 200):
        new.cut(operation, None, 1)
        with pytest.raises(PowerIsGone):
            line.restore(new, saved.content)
        new.on()
        nothing(new)
    line.restore(new, saved.content)
    new.on()
    same(new.told(), saved)


def test_each_refusal_is_a_class_and_harms_nothing(boards: Boards, saved: Saved) -> None:
    content = saved.content
    flipped = bytearray(content)
    flipped[-50] ^= 1
    cases: list[tuple[type[errors.BackupError], bytes, dict[str, Any]]] = [
        (errors.Altered, bytes(flipped), {}),
        (errors.Altered, content, {"key": bytes(32)}),
        (errors.OtherTerminal, content, {"terminal": "10000002"}),
        (errors.UnitKeyless, content, {"key": b""}),
        (errors.UnitNewer, b"SPB1\x07" + content[5:], {}),
        (errors.EndMissing, content[:-40], {}),
        (errors.UnitFull, content, {"sectors": 2}),
    ]
    for number, (expected, wrong, how) in enumerate(cases):
        unit = boards.fresh(f"refuses {number}", 2, **how)
        with pytest.raises(expected) as refusal:
            line.restore(unit, wrong)
        assert str(refusal.value) == expected.says
        unit.on()
        nothing(unit)


def test_a_board_that_has_sold_keeps_what_it_has(boards: Boards, saved: Saved) -> None:
    unit = boards.fresh("sold", 2, [("sign_in", "000001"), ("sell", 5)])
    before = unit.told()
    with pytest.raises(errors.NotEmpty):
        line.restore(unit, saved.content)
    unit.on()
    assert unit.told()["area"] == before["area"]
    again = boards.fresh("twice", 3)
    line.restore(again, saved.content)
    with pytest.raises(errors.NotEmpty):
        line.restore(again, saved.content)
    again.on()
    with pytest.raises(errors.NotEmpty):
        line.restore(again, saved.content)
    same(again.told(), saved)


def test_saving_without_a_key(boards: Boards) -> None:
    with pytest.raises(errors.UnitKeyless):
        line.save(boards.fresh("keyless", 1, LIFE, key=b""))


# -- a scripted far end ------------------------------------------------------------------------------------


class Script:
    """Says what it is told to, whatever it hears; then nothing."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._waiting = b""
        self.heard: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.heard.append(data)
        if self._answers:
            self._waiting += self._answers.pop(0)
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


def data(offset: int, content: bytes = b"") -> bytes:
    return frame(Kind.DATA, offset.to_bytes(4, "big") + content)


def test_answers_to_other_questions_are_passed_over() -> None:
    far = Script(data(0, b"abc"), data(0, b"abc") + data(9, b"x") + b"boot\xa5" + data(3, b"d"), data(4))
    assert line.save(far) == b"abcd"
    assert [heard[4:8] for heard in far.heard] == [bytes(4), b"\0\0\0\3", b"\0\0\0\4"]


def test_silence_is_asked_four_times() -> None:
    far = Script(data(0, b"abc"))
    with pytest.raises(errors.LineSilent):
        line.save(far)
    assert len(far.heard) == 5


@pytest.mark.parametrize("answer", [frame(Kind.TAKEN, bytes(5)), frame(Kind.DATA, b"abc"), frame(0x77, bytes(9))])
def test_what_is_none_of_this_protocol(answer: bytes) -> None:
    with pytest.raises(errors.Malformed):
        line.save(Script(answer))


def test_a_code_that_is_not_known_is_passed_on() -> None:
    with pytest.raises(errors.UnitRefuses, match="L99"):
        line.save(Script(frame(Kind.REFUSED, b"L99")))


def test_an_end_that_nobody_confirms() -> None:
    taken = frame(Kind.TAKEN, (3).to_bytes(4, "big") + b"\0")
    with pytest.raises(errors.EndMissing):
        line.restore(Script(taken), b"abc")


def test_over_the_network() -> None:
    near, far = socket.socketpair()

    def answer() -> None:
        for said in (data(0, b"abc"), data(3)):
            assert len(far.recv(100)) == 12
            far.sendall(said)

    with near, far:
        thread = threading.Thread(target=answer)
        thread.start()
        assert line.save(Connection(near, 5)) == b"abc"
        thread.join()
        with pytest.raises(errors.LineSilent):
            line.save(Connection(near, 0.001))
