"""Application selection (EMV 4.3 Book 1, 12), with cards that say no more than they are asked."""

import unittest

from emv_world import Cardholder, ScriptedCard, run
from suanpan.emv import selection
from suanpan.emv.tables import Application
from suanpan.errors.emv import CardBlocked, NoApplication, Terminated

PURE = True

PSE = "00a404000e315041592e5359532e444446303100"
DEBIT = "a000000333010101"
CREDIT = "a000000333010102"
OTHER = "a0000000031010"


def application(aid, partial=True):
    return Application(bytes.fromhex(aid), version=b"\x00\x20", partial=partial)


def template(tag, *parts):
    value = "".join(parts).replace(" ", "")
    assert len(value) < 256
    return f"{tag}{len(value) // 2:02x}{value}"


def pse(sfi="01"):
    return template("6f", "840e315041592e5359532e4444463031", template("a5", f"8801{sfi}")) + "9000"


def entry(name, label="50024142", priority="01", more=""):
    return template("61", f"4f{len(name) // 2:02x}{name}", label, f"8701{priority}" if priority else "", more)


def record(*entries):
    return template("70", *entries) + "9000"


def fci(name, more="", sw="9000"):
    return template("6f", f"84{len(name) // 2:02x}{name}", template("a5", "50024142", more)) + sw


def read(number, sfi=1):
    return f"00b2{number:02x}{sfi << 3 | 4:02x}00"


def select(name, which=0):
    return f"00a404{which:02x}{len(name) // 2:02x}{name}00"


class SelectionCase(unittest.TestCase):
    def found(self, exchanges, *applications):
        card = ScriptedCard(exchanges)
        try:
            return run(selection.candidates(card, list(applications) or [application(DEBIT), application(CREDIT)]))
        finally:
            self.assertEqual(card.left, [])

    def names(self, exchanges, *applications):
        return [candidate.name.hex() for candidate in self.found(exchanges, *applications)]


class TestDirectory(SelectionCase):
    def test_entries_in_the_order_of_their_priority(self):
        exchanges = [
            (PSE, pse()),
            (read(1), record(entry(CREDIT, priority="02"), entry(OTHER))),
            (read(2), record(entry(DEBIT, priority="01"))),
            (read(3), "6a83"),
        ]
        self.assertEqual(self.names(exchanges), [DEBIT, CREDIT])

    def test_without_priority_comes_last_and_as_it_was_met(self):
        names = [DEBIT + f"{i:02x}" for i in range(5)]
        exchanges = [
            (PSE, pse()),
            (read(1), record(*(entry(name, "", "00") for name in names))),
            (read(2), record(entry(CREDIT, priority="0f"))),
            (read(3), "6a83"),
        ]
        found = self.names(exchanges)
        self.assertEqual((found[0], found[1:]), (CREDIT, names))

    def test_partial_names_only_where_our_aid_allows_it(self):
        exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT + "01"), entry(CREDIT + "01"))), (read(2), "6a83")]
        self.assertEqual(self.names(exchanges, application(DEBIT), application(CREDIT, False)), [DEBIT + "01"])

    def test_a_name_belongs_to_the_longest_of_our_aids(self):
        exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT))), (read(2), "6a83")]
        (found,) = self.found(exchanges, application(DEBIT[:10]), application(DEBIT))
        self.assertEqual(found.ours.aid.hex(), DEBIT)

    def test_a_name_that_is_there_twice(self):
        exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT), entry(DEBIT))), (read(2), "6a83")]
        self.assertEqual(self.names(exchanges), [DEBIT])

    def test_labels(self):
        chinese = "9f1204e4b8ade59bbd"[:14]
        for more, label in (
            ("9f12035858589f110101", "XXX"),
            ("9f1203585858", "AB"),
            ("9f12035858589f110105", "AB"),
            (chinese, "AB"),
        ):
            exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT, more=more))), (read(2), "6a83")]
            self.assertEqual(self.found(exchanges)[0].label, label)
        exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT, "5005 00414207ff"))), (read(2), "6a83")]
        self.assertEqual(self.found(exchanges)[0].label, "AB")

    def test_a_priority_of_a_wrong_length_is_none(self):
        exchanges = [(PSE, pse()), (read(1), record(entry(DEBIT, more="87028101", priority=""))), (read(2), "6a83")]
        (found,) = self.found(exchanges)
        self.assertEqual((found.asks, found.rank), (False, 16))


class TestUselessDirectory(SelectionCase):
    """12.3.2: whatever is wrong with it, the list of our AIDs has the last word."""

    def after(self, *exchanges):
        """The names found where these come before the list."""
        every = list(exchanges)
        every += [(select(DEBIT), fci(DEBIT)), (select(CREDIT), "6a82")]
        return self.names(every)

    def test_status_words(self):
        for sw in ("6a82", "6283", "6a86", "6d00", "6e00", "6f00", "6999", "9001"):
            self.assertEqual(self.after((PSE, sw)), [DEBIT])

    def test_a_blocked_card(self):
        with self.assertRaises(CardBlocked):
            self.found([(PSE, "6a81")])

    def test_what_it_says_of_itself(self):
        name = "840e315041592e5359532e4444463031"
        for answer in (
            "",
            "6f",
            "6f10" + name,
            template("6f", name),
            template("6f", name, template("a5", "5f2d027a68")),
            template("6f", name, template("a5", "880200 01")),
            pse("00")[:-4],
            pse("0b")[:-4],
            template("70", name, template("a5", "880101")),
            template("6f", template("a5", "880101")),
        ):
            self.assertEqual(self.after((PSE, answer + "9000")), [DEBIT])

    def test_its_records(self):
        for answer in (
            "6a88",
            "6985",
            "6f00",
            "9000",
            "7003610140" + "9000",
            "6103500141" + "9000",
            "70056103500441" + "9000",
        ):
            found = self.after((PSE, pse()), (read(1), record(entry(CREDIT))), (read(2), answer))
            self.assertEqual(found, [DEBIT])

    def test_no_record_or_no_entry_or_none_of_ours(self):
        for records in (
            [(read(1), "6a83")],
            [(read(1), "70009000"), (read(2), "6a83")],
            [(read(1), record(entry(OTHER))), (read(2), "6a83")],
            [(read(1), record(template("61", "500141"))), (read(2), "6a83")],
            [(read(1), record(template("61", "9d05a000000333"))), (read(2), "6a83")],
        ):
            self.assertEqual(self.after((PSE, pse()), *records), [DEBIT])

    def test_records_without_end(self):
        records = [(read(i), record(entry(DEBIT))) for i in range(1, 17)]
        exchanges = [(PSE, pse())]
        exchanges += records
        self.assertEqual(self.names(exchanges), [DEBIT])


class TestList(SelectionCase):
    def test_each_of_our_aids_is_asked_for(self):
        exchanges = [
            (PSE, "6a82"),
            (select(DEBIT), fci(DEBIT, "870102")),
            (select(CREDIT), fci(CREDIT, "870101")),
        ]
        self.assertEqual(self.names(exchanges), [CREDIT, DEBIT])

    def test_names_that_begin_with_ours(self):
        exchanges = [
            (PSE, "6a82"),
            (select(DEBIT), fci(DEBIT + "01")),
            (select(DEBIT, 2), fci(DEBIT + "02")),
            (select(DEBIT, 2), "6a82"),
        ]
        self.assertEqual(self.names(exchanges, application(DEBIT)), [DEBIT + "01", DEBIT + "02"])

    def test_the_next_one_may_be_blocked(self):
        exchanges = [
            (PSE, "6a82"),
            (select(DEBIT), fci(DEBIT + "01", sw="6283")),
            (select(DEBIT, 2), fci(DEBIT + "02")),
            (select(DEBIT, 2), fci(DEBIT + "03", sw="6283")),
            (select(DEBIT, 2), "6a81"),
        ]
        self.assertEqual(self.names(exchanges, application(DEBIT)), [DEBIT + "02"])

    def test_a_longer_name_where_ours_must_be_the_whole(self):
        exchanges = [(PSE, "6a82"), (select(DEBIT), fci(DEBIT + "01")), (select(CREDIT), fci(CREDIT))]
        self.assertEqual(self.names(exchanges, application(DEBIT, False), application(CREDIT)), [CREDIT])

    def test_a_card_that_goes_on_for_ever(self):
        exchanges = [(PSE, "6a82"), (select(DEBIT), fci(DEBIT + "00"))]
        exchanges += [(select(DEBIT, 2), fci(DEBIT + f"{i:02x}")) for i in range(1, 16)]
        self.assertEqual(len(self.names(exchanges, application(DEBIT))), 16)

    def test_a_blocked_card(self):
        with self.assertRaises(CardBlocked):
            self.found([(PSE, "6a82"), (select(DEBIT), "6a81")])

    def test_the_same_word_later_is_said_of_that_name_only(self):
        exchanges = [(PSE, "6a82"), (select(DEBIT), "6a82"), (select(CREDIT), "6a81")]
        with self.assertRaises(NoApplication):
            self.found(exchanges)

    def test_blocked_applications(self):
        exchanges = [(PSE, "6a82"), (select(DEBIT), fci(DEBIT, sw="6283")), (select(CREDIT), "6a82")]
        with self.assertRaises(CardBlocked):
            self.found(exchanges)
        exchanges = [(PSE, "6a82"), (select(DEBIT), fci(DEBIT, sw="6283")), (select(CREDIT), fci(CREDIT))]
        self.assertEqual(self.names(exchanges), [CREDIT])

    def test_what_an_application_says_and_should_not(self):
        for answer in (
            "9000",
            "6f00" + "9000",
            template("6f", "84" + "08" + DEBIT) + "9000",
            template("6f", template("a5", "500141")) + "9000",
            template("6f", "8404a0000003", template("a5", "500141")) + "9000",
            template("6f", "8411" + DEBIT * 2 + "00", template("a5", "500141")) + "9000",
            fci(OTHER),
            fci(DEBIT)[:-8] + "9000",
            "6d00",
            "6e00",
            "6a86",
            "6f00",
        ):
            self.assertEqual(
                self.names([(PSE, "6a82"), (select(DEBIT), answer), (select(CREDIT), fci(CREDIT))]), [CREDIT]
            )

    def test_nothing_for_us(self):
        with self.assertRaises(NoApplication):
            self.found([(PSE, "6a82"), (select(DEBIT), "6a82"), (select(CREDIT), "6a82")])


class TestFinalSelection(unittest.TestCase):
    def candidate(self, name=DEBIT, priority=1):
        candidate = selection.Candidate(bytes.fromhex(name), application(DEBIT))
        candidate.priority = priority
        return candidate

    def test_one_that_asks_nobody(self):
        only = self.candidate()
        self.assertTrue(run(selection.choose([only], Cardholder(), False)) is only)

    def test_one_that_wants_to_be_confirmed(self):
        only = self.candidate(priority=0x81)
        only.label = "PBOC"
        cardholder = Cardholder([0])
        self.assertTrue(run(selection.choose([only], cardholder, False)) is only)
        self.assertEqual(cardholder.heard, [["PBOC"]])
        with self.assertRaises(Terminated):
            run(selection.choose([only], Cardholder([-1]), False))

    def test_several(self):
        both = [self.candidate(), self.candidate(CREDIT)]
        cardholder = Cardholder([1])
        self.assertTrue(run(selection.choose(both, cardholder, False)) is both[1])
        self.assertEqual(cardholder.heard, [[DEBIT, CREDIT]])
        with self.assertRaises(Terminated):
            run(selection.choose(both, Cardholder([-1]), False))

    def selected(self, answer):
        card = ScriptedCard([(select(DEBIT), answer)])
        return run(selection.select(card, self.candidate()))

    def test_what_the_card_then_says(self):
        self.assertEqual(self.selected(fci(DEBIT, "9f38039f3704")).hex(), "500241429f38039f3704")
        for answer in ("6a82", "6283", "6a81", "6999", "9000", fci(DEBIT + "01"), fci(DEBIT, sw="6283"), "6f009000"):
            self.assertIsNone(self.selected(answer))


if __name__ == "__main__":
    unittest.main()
