"""Parameters of several merchants: each has its own numbers, whoever was turned to, and a power cut loses none."""

import json

from nor_flash import NorFlash
from suanpan.errors import ParametersError
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.mall_parameters import MallParameters
from suanpan.ledger.parameter_changes import change
from suanpan.ledger.parameters import Parameters
from suanpan.ledger.region import Region, share
from test_ledger_files import GOOD, PARAMETERS, FileTestCase, read, write

HEAP = "1m"
TIMEOUT = 120

SECTOR = 4096
OTHERS = [
    {
        "terminal_id": f"1000010{number}",
        "merchant_id": f"89811025734010{number}",
        "merchant_name": {"zh": f"店{number}", "en": f"SHOP {number}"},
        "serial": f"SP00010{number}",
    }
    for number in (2, 3)
]


def of_several(**changed):
    """A good file of three merchants; `changed` of the second."""
    return dict(GOOD, other_merchants=[dict(OTHERS[0], **changed), OTHERS[1]])


class MallTestCase(FileTestCase):
    def load(self, values):
        write(PARAMETERS, json.dumps(values).encode())
        return MallParameters.load(PARAMETERS)

    def stored(self):
        return json.loads(read(PARAMETERS))


class TestTurning(MallTestCase):
    def test_numbers_and_name_are_those_of_whom_it_was_turned_to(self):
        parameters = self.load(of_several())
        for at in (0, 2, 1, 1, 0):
            parameters.turn(at)
            expected = OTHERS[at - 1] if at else GOOD
            for name in OTHERS[0]:
                self.assertEqual(getattr(parameters, name), expected[name])
            self.assertEqual(parameters.hosts, GOOD["hosts"])

    def test_saved_as_they_were_whoever_is_turned_to(self):
        parameters = self.load(of_several())
        for at in range(3):
            parameters.turn(at)
            change(parameters, "language", "en")
            self.assertEqual(self.stored(), dict(of_several(), language="en"))
            self.assertEqual(parameters.terminal_id, (OTHERS[at - 1] if at else GOOD)["terminal_id"])

    def test_what_is_changed_is_the_ones_who_was_turned_to(self):
        parameters = self.load(of_several())
        parameters.turn(1)
        change(parameters, "merchant_id", "898110257349999")
        self.assertEqual(self.stored(), of_several(merchant_id="898110257349999"))
        parameters.turn(0)
        self.assertEqual(parameters.merchant_id, GOOD["merchant_id"])
        parameters.turn(1)
        self.assertEqual(parameters.merchant_id, "898110257349999")

    def test_what_cannot_be_leaves_all_as_it_was(self):
        parameters = self.load(of_several())
        before = read(PARAMETERS)
        for at in (1, 2):
            parameters.turn(at)
            for name, value in (("terminal_id", GOOD["terminal_id"]), ("merchant_id", "1"), ("language", "fr")):
                with self.assertRaises(ParametersError):
                    change(parameters, name, value)
                self.assertEqual(read(PARAMETERS), before)
        change(parameters, "language", "zh")
        self.assertEqual(self.stored(), of_several())

    def test_a_power_cut_while_it_is_saved(self):
        parameters = self.load(of_several())

        def save():
            parameters.turn(2)
            parameters.language = "en"
            parameters.save()

        self.assertOldOrNew(save, self.stored, of_several(), dict(of_several(), language="en"))


class TestRefused(MallTestCase):
    def test_each_needs_numbers_of_its_own(self):
        for changed in (
            {"terminal_id": GOOD["terminal_id"]},
            {"terminal_id": OTHERS[1]["terminal_id"]},
            {"terminal_id": "1"},
            {"merchant_id": None},
            {"serial": ""},
            {"merchant_name": {"zh": "店"}},
        ):
            with self.assertRaises(ParametersError):
                self.load(of_several(**changed))

    def test_no_list_of_up_to_seven(self):
        many = [dict(OTHERS[0], terminal_id=f"2000000{number}") for number in range(8)]
        for others in ({}, "x", [1], [[]], many):
            write(PARAMETERS, json.dumps(dict(GOOD, other_merchants=others)).encode())
            with self.assertRaises(ParametersError):
                Parameters.load(PARAMETERS)
        self.assertEqual(len(self.load(dict(GOOD, other_merchants=many[1:])).merchants), 8)


class TestRegion(FileTestCase):
    def test_as_many_parts_as_there_must_be(self):
        self.assertEqual([share(128, merchants) for merchants in range(1, 9)], [128, 64, 32, 32, 16, 16, 16, 16])

    def test_two_logs_side_by_side(self):
        """Each goes round its own part many times, and nothing of it is anywhere else."""
        flash = NorFlash(16)
        logs = [FlashLog(Region(flash, 0, 8)), FlashLog(Region(flash, 8, 7))]
        for log in logs:
            log.mount()
        for number in range(1, 200):
            for log, text in zip(logs, (b"first", b"other")):
                log.append(text * 100, bytes(16))
                log.release(number)
        for log, text, other in zip(logs, (b"first", b"other"), (b"other", b"first")):
            self.assertTrue(all(record == text * 100 for _, _, record in log.records()))
            start = 0 if text == b"first" else 8 * SECTOR
            self.assertFalse(other in bytes(flash.cells[start : start + 7 * SECTOR]))
        self.assertEqual(bytes(flash.cells[15 * SECTOR :]), b"\xff" * SECTOR)

    def test_nothing_is_reached_beyond(self):
        region = Region(NorFlash(16), 8, 4)
        for block in (-1, 4):
            for reach in (
                lambda block=block: region.readblocks(block, bytearray(1), 0),
                lambda block=block: region.writeblocks(block, b"x", 0),
                lambda block=block: region.ioctl(6, block),
            ):
                with self.assertRaises(ValueError):
                    reach()
