"""The contact kernel from selection to the last cryptogram (EMV 4.3 Book 3, 8.2), against whole transactions: one that
others have published, one of CDA with keys of 1984 bits, and ones that go another way at each turn.
"""

import unittest

from emv_world import (
    AID,
    Cardholder,
    Issuer,
    ScriptedCard,
    Tables,
    approval,
    chance,
    refusal,
    run,
    terminal,
    tlv,
)
from suanpan.emv.contact import transact
from suanpan.emv.tables import Application, CaKey
from suanpan.emv.transaction import IssuerAnswer
from suanpan.errors.emv import CardBlocked, EmvError, NoApplication, Terminated
from vectors import load

HEAP = "1m"
TIMEOUT = 120

PSE = "00a404000e315041592e5359532e444446303100"
SELECT = "00a4040008" + AID.hex() + "00"
GPO = "80a800000283 00 00".replace(" ", "")
READ = "00b2010c00"
FCI = tlv("6f", tlv("84", AID) + tlv("a5", b"\x50\x02AB")).hex() + "9000"
OPTIONS = "80061c00080101009000"  # verification, risk, issuer authentication; one record
CONTENT = "5f24033912315a0862280001000011178c039f37048d058a029f37048e0a00000000000000001f00"
OFFLINE = "9f0d0500000000009f0e0500000000009f0f050000000000"
NUMBER = "01234567"


def ours(aid=AID, denial=bytes(5), floor_limit=1000_00):
    """An application whose own codes ask for nothing; the card's have the say."""
    codes = {"tac_denial": denial, "tac_online": bytes(5), "tac_default": bytes(5)}
    return Application(aid, version=b"\0\x20", floor_limit=floor_limit, **codes)


def record(content):
    return tlv("70", bytes.fromhex(content)).hex() + "9000"


def first(kind):
    return f"80ae{kind}0004{NUMBER}00"


def second(kind, response):
    return f"80ae{kind}0006{response.encode().hex()}{NUMBER}00"


def answer(kind):
    return f"800b{kind}002a1122334455667788" + "9000"


class KernelCase(unittest.TestCase):
    def sale(self, *exchanges, issuer=None, cardholder=None, content=CONTENT + OFFLINE, **others):
        """After a list of AIDs and one record come `exchanges`; then the card has nothing more to say."""
        before = [(PSE, "6a82"), (SELECT, FCI), (SELECT, FCI), (GPO, OPTIONS), (READ, record(content))]
        before.extend(exchanges)
        return self.done(before, issuer, cardholder, **others)

    def done(self, exchanges, issuer=None, cardholder=None, tables=None, **others):
        self.card = ScriptedCard(exchanges)
        self.issuer = issuer or Issuer()
        tables = tables or Tables(ours())
        made = transact(self.card, terminal(), tables, cardholder or Cardholder(), self.issuer, chance, **others)
        outcome = run(made)
        self.assertEqual(self.card.left, [])
        self.assertEqual(self.issuer.answers, [])
        return outcome


class TestPublished(unittest.TestCase):
    """emvpt's transaction; its card had expired on its own day, which its kernel did not note."""

    TRACE = load("emv_contact")
    EXPIRED = "0040000000"

    def exchanges(self, *left_out):
        """As a kernel by the books has them, whose commands that want data say so by Le (Book 1, 9.4.1)."""
        for sent, reply in self.TRACE["exchanges"]:
            if sent.startswith(left_out):
                continue
            command = sent + "00" if sent.startswith(("00a4", "80a8")) else sent
            if sent.startswith("80ae"):
                command = sent.replace("0246" + "00" * 5, "0246" + self.EXPIRED)
            yield command, reply

    def transacted(self, capabilities, card, random):
        published = self.TRACE["ca_key"]
        tables = Tables(Application(bytes.fromhex("afffffffff1234"), version=b"\x00\x96", floor_limit=100_00))
        ca = CaKey(bytes.fromhex(published["modulus"]), published["exponent"], "391231")
        tables.key = lambda rid, index: ca if rid.hex() == "afffffffff" and index == published["index"] else None
        objects = terminal(
            x9f02="000000000001", x9f1a="0246", x5f2a="0978", x9a="200724", x9c="21", x9f33=capabilities, x9f35="22",
            x9f40="0000000000",
        )  # fmt: skip
        issuer = Issuer(IssuerAnswer("Y3", True, bytes.fromhex("1234567812345678")))
        outcome = run(transact(card, objects, tables, Cardholder(pins=["1234"]), issuer, random))
        self.assertTrue(outcome.approved and outcome.online)
        self.assertEqual(issuer.tvr, self.EXPIRED)
        self.assertEqual(bytes(outcome.transaction.tsi).hex(), "f800")
        self.assertEqual(card.left, [])
        return outcome

    def test_with_the_pin_in_clear(self):
        card = ScriptedCard(self.exchanges("80ca9f36", "0084", "00200088"))
        self.transacted("e0e0e8", card, chance)

    def test_with_the_pin_enciphered(self):
        """All that it was enciphered with has been published but the filling, which its length alone tells."""
        exchanges = list(self.exchanges("80ca9f36", "00200080"))
        at = next(i for i, (sent, _) in enumerate(exchanges) if sent.startswith("00200088"))
        card = ScriptedCard(exchanges)
        strict = card.exchange
        sent = []

        async def exchange(command):
            if bytes(command[:4]) == b"\x00\x20\x00\x88":
                sent.append(bytes(command))
                command = bytes.fromhex(exchanges[at][0])
            return await strict(command)

        card.exchange = exchange
        outcome = self.transacted("e0f0e8", card, chance)
        self.assertEqual(len(sent[0]), len(exchanges[at][0]) // 2)
        self.assertEqual(bytes(outcome.transaction.objects.get(0x9F34)).hex(), "440302")


class TestCombined(KernelCase):
    """A sale with CDA, its card's key of 1536 bits certified by keys of 1984, as mint_emv_oda.py has minted it."""

    def sale_of_it(self, exchanges=None):
        found = load("emv_oda")["cda_sale"]
        ca = found["ca_key"]
        objects = {int(tag, 16): bytes.fromhex(value) for tag, value in found["terminal"].items()}
        tables = Tables(keys={ca["index"]: CaKey(bytes.fromhex(ca["modulus"]), ca["exponent"], "391231")})
        tables.applications[0].floor_limit = 0
        card = ScriptedCard(exchanges or found["exchanges"])
        issuer = Issuer(approval(authentication=bytes.fromhex(found["issuer_authentication"])))
        random = bytes.fromhex(found["unpredictable"])
        outcome = run(transact(card, objects, tables, Cardholder(), issuer, lambda size: random[:size]))
        self.assertEqual(card.left, [])
        return found, outcome

    def test_approved_by_the_issuer(self):
        found, outcome = self.sale_of_it()
        t = outcome.transaction
        self.assertTrue(outcome.approved and outcome.online and not outcome.reversed)
        self.assertEqual(bytes(t.tvr).hex(), found["tvr"])
        self.assertEqual(bytes(t.tsi).hex(), found["tsi"])
        self.assertEqual(bytes(t.objects.get(0x9F26)).hex(), found["cryptogram"])
        self.assertEqual(bytes(t.objects.get(0x9F4C)).hex(), found["dynamic_number"])
        self.assertEqual(bytes(t.objects.get(0x9F34)).hex(), "1e0300")

    def test_a_forged_last_word(self):
        exchanges = load("emv_oda")["cda_sale"]["exchanges"]
        sent, reply = exchanges[-1]
        exchanges[-1] = sent, reply[:-6] + ("00" if reply[-6:-4] != "00" else "01") + "9000"
        _, outcome = self.sale_of_it(exchanges)
        self.assertFalse(outcome.approved)
        self.assertTrue(outcome.reversed)
        self.assertEqual(outcome.transaction.tvr[0], 0x04)


class TestOutcomes(KernelCase):
    def test_approved_offline(self):
        outcome = self.sale((first("40"), answer("40")))
        self.assertTrue(outcome.approved and not outcome.online)
        self.assertEqual(outcome.transaction.objects.get(0x8A), b"Y1")
        self.assertIsNone(self.issuer.asked)

    def test_what_was_spent_before_counts(self):
        """123.45 now and 900.00 before are over 1000.00: the card wants its issuer asked about that."""
        content = CONTENT + OFFLINE.replace("9f0f050000000000", "9f0f050000008000")
        exchanges = [(first("80"), answer("80")), (second("40", "00"), answer("40"))]
        self.assertTrue(
            self.sale(*exchanges, issuer=Issuer(approval()), content=content, spent=lambda pan: 900_00).online
        )
        self.assertFalse(self.sale((first("40"), answer("40")), content=content, spent=lambda pan: 0).online)

    def test_declined_offline_by_the_card(self):
        outcome = self.sale((first("40"), answer("00")))
        self.assertFalse(outcome.approved or outcome.online or outcome.advised or outcome.not_accepted)
        self.assertEqual(outcome.transaction.objects.get(0x8A), b"Z1")

    def test_declined_offline_by_the_terminal(self):
        rule = ours(denial=bytes.fromhex("0000008000"), floor_limit=100)
        outcome = self.sale((first("00"), answer("00")), tables=Tables(rule))
        self.assertFalse(outcome.approved)
        self.assertEqual(outcome.transaction.objects.get(0x8A), b"Z1")

    def test_a_card_that_is_not_for_this_place_and_one_that_wants_it_told(self):
        self.assertTrue(self.sale((first("40"), answer("01"))).not_accepted)
        outcome = self.sale((first("40"), answer("08")))
        self.assertTrue(outcome.advised and not outcome.not_accepted)

    def test_approved_online(self):
        for kinds in (("40", "80"), ("80", "80")):
            forced = kinds[0] == "80"
            exchanges = [(first(kinds[0]), answer(kinds[1])), (second("40", "00"), answer("40"))]
            content = CONTENT + (OFFLINE.replace("9f0f050000000000", "9f0f050000000800") if forced else OFFLINE)
            outcome = self.sale(*exchanges, issuer=Issuer(approval()), content=content, forced=forced)
            self.assertTrue(outcome.approved and outcome.online and not outcome.reversed)
            self.assertEqual(outcome.transaction.objects.get(0x8A), b"00")

    def test_declined_online(self):
        exchanges = [(first("40"), answer("80")), (second("00", "05"), answer("00"))]
        outcome = self.sale(*exchanges, issuer=Issuer(refusal()))
        self.assertTrue(outcome.online and not outcome.approved and not outcome.reversed)

    def test_declined_by_the_card_after_all(self):
        exchanges = [(first("40"), answer("80")), (second("40", "00"), answer("00"))]
        self.assertTrue(self.sale(*exchanges, issuer=Issuer(approval())).reversed)

    def test_no_way_to_the_issuer(self):
        for content, kind, response in ((CONTENT + OFFLINE, "40", "Y3"), (CONTENT, "00", "Z3")):
            # A card without codes of its own wants its issuer asked, as there was no authentication, or nothing at all.
            wanted = "80" if kind == "00" else "40"
            exchanges = [(first(wanted), answer("80")), (second(kind, response), answer(kind))]
            outcome = self.sale(*exchanges, issuer=Issuer(None), content=content)
            self.assertEqual((outcome.approved, outcome.online), (kind == "40", False))
            self.assertEqual(outcome.transaction.objects.get(0x8A), response.encode())

    def test_what_could_not_be_kept_is_for_the_issuer_alone(self):
        """The card would approve by itself. Without the issuer nothing is, whatever the rules say."""
        exchanges = [(first("80"), answer("80")), (second("40", "00"), answer("40"))]
        self.assertTrue(self.sale(*exchanges, issuer=Issuer(approval()), keeps=lambda: False).online)
        answers = iter((True, False))  # there is no room any more when the issuer is found not to be there
        exchanges = [(first("40"), answer("80")), (second("00", "Z3"), answer("00"))]
        self.assertFalse(self.sale(*exchanges, issuer=Issuer(None), keeps=lambda: next(answers)).approved)

    def test_authentication_and_scripts_around_the_last_word(self):
        command = "842400000401020304"
        scripts = tlv("72", tlv("86", bytes.fromhex(command))) + tlv("71", tlv("86", bytes.fromhex(command)))
        exchanges = [
            (first("40"), answer("80")),
            ("008200000a" + "11" * 10, "6300"),
            (command, "9000"),
            (second("40", "00"), answer("40")),
            (command, "6985"),
        ]
        outcome = self.sale(*exchanges, issuer=Issuer(approval(scripts, bytes((0x11,)) * 10)))
        t = outcome.transaction
        self.assertTrue(outcome.approved)
        self.assertEqual(bytes(t.tvr).hex(), "8000000050")
        self.assertEqual(bytes(t.tsi).hex(), "7c00")
        self.assertEqual(t.script_results.hex(), "20000000001100000000")


class TestAnotherApplication(KernelCase):
    OTHER = AID[:-1] + b"\x02"

    def rules(self):
        return Tables(*(ours(aid) for aid in (AID, self.OTHER)))

    def lists(self):
        other = tlv("6f", tlv("84", self.OTHER) + tlv("a5", b"\x50\x02CD")).hex() + "9000"
        select = "00a4040008" + self.OTHER.hex() + "00"
        return [(PSE, "6a82"), (SELECT, FCI), (select, other)], select, other

    def test_where_the_first_one_is_not_to_be_had(self):
        for refusal_of_it in ([(SELECT, "6283")], [(SELECT, FCI), (GPO, "6985")], [(SELECT, "6f009000")]):
            exchanges, select, other = self.lists()
            exchanges += refusal_of_it
            exchanges += [
                (select, other),
                (GPO, OPTIONS),
                (READ, record(CONTENT + OFFLINE)),
                (first("40"), answer("40")),
            ]
            cardholder = Cardholder(choices=[0, 0])
            self.assertTrue(self.done(exchanges, cardholder=cardholder, tables=self.rules()).approved)
            # Who has chosen once is asked before another one is taken (Book 1, 12.4).
            self.assertEqual(cardholder.heard, [["AB", "CD"], ["CD"]])

    def test_and_none_is_left(self):
        """The card has been heard: that is not as if it had nothing for us, which would open the stripe."""
        before = [(PSE, "6a82"), (SELECT, FCI)]
        for after, error in (
            ([(SELECT, FCI), (GPO, "6985")], Terminated),
            ([(SELECT, "6a82")], Terminated),
            ([(SELECT, "6283")], CardBlocked),
        ):
            with self.assertRaises(error):
                self.done(before + after)
        with self.assertRaises(NoApplication):
            self.done([(PSE, "6a82"), (SELECT, "6a82")])

    def test_the_cardholder_wants_none(self):
        exchanges, _, _ = self.lists()
        with self.assertRaises(Terminated):
            self.done(exchanges, cardholder=Cardholder(choices=[-1]), tables=self.rules())


class TestEveryStatusAtEveryStep(KernelCase):
    """6x and 9x where 9000 should be: it is over, or goes on, as the books have it, and nobody is surprised."""

    STATUS = ("6100", "6200", "6281", "6283", "6300", "63c3", "6400", "6581", "6700", "6882", "6983", "6984", "6985",
              "6a80", "6a81", "6a82", "6a83", "6a86", "6a88", "6b00", "6c00", "6d00", "6e00", "6f00", "9001", "90ff",
              "9100", "9f00")  # fmt: skip

    def script(self):
        return [
            (PSE, tlv("6f", tlv("84", b"1PAY.SYS.DDF01") + tlv("a5", b"\x88\x01\x01")).hex() + "9000"),
            (READ, tlv("70", tlv("61", tlv("4f", AID))).hex() + "9000"),
            ("00b2020c00", "6a83"),
            (SELECT, FCI),
            (GPO, OPTIONS),
            (READ, record(CONTENT + OFFLINE + "9f140102" + "9f230104")),
            ("80ca9f3600", "9f3602002a9000"),
            ("80ca9f1300", "9f130200299000"),
            (first("40"), answer("80")),
            ("008200000a" + "11" * 10, "9000"),
            (second("40", "00"), answer("40")),
        ]

    def test_each(self):
        authentication = bytes((0x11,)) * 10
        self.assertTrue(self.done(self.script(), Issuer(approval(authentication=authentication))).approved)
        ended = {}
        for at in range(len(self.script())):
            for status in self.STATUS:
                self.one(at, status, authentication, ended)
        # Where the books let nothing but 9000 pass: GET PROCESSING OPTIONS, READ RECORD, GENERATE AC.
        for at in (4, 5, 8, 10):
            passed = [status for status in self.STATUS if ended.get((at, status)) != "E01"]
            self.assertEqual(passed, [])
        self.assertEqual(ended[3, "6283"], "E03")
        # Where they go on: the directory, what GET DATA cannot say, issuer authentication.
        for at in (6, 7, 9):
            self.assertEqual([status for status in self.STATUS if (at, status) in ended], [])

    def one(self, at, status, authentication, ended):
        exchanges = self.script()
        card = LenientCard(exchanges, at, status)
        tables = Tables(ours())
        issuer = Issuer(approval(authentication=authentication))
        try:
            run(transact(card, terminal(), tables, Cardholder(), issuer, chance))
        except EmvError as error:
            ended[at, status] = error.code


class LenientCard:
    """Answers each command as the script does wherever it comes, the one at `at` with `status` alone; and 6A82 to what
    the script does not have."""

    def __init__(self, exchanges, at, status):
        self.exchanges = exchanges
        self.at = at
        self.status = bytes.fromhex(status)
        self.seen = []

    async def exchange(self, command):
        command = bytes(command).hex()
        for number, (sent, reply) in enumerate(self.exchanges):
            if sent == command and (number not in self.seen or command == SELECT):
                self.seen.append(number)
                data = self.status if number == self.at else bytes.fromhex(reply)
                return bytearray(data[:-2]), data[-2] << 8 | data[-1]
        return bytearray(), 0x6A82


if __name__ == "__main__":
    unittest.main()
