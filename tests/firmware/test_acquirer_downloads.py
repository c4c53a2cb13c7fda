"""Downloads of tables for chip cards, against a scripted host that fails on the first surprise."""

import asyncio
import unittest

from scripted_host import Keys, Line, Parameters, TdesHost
from suanpan.acquirer import messages
from suanpan.acquirer.downloads import Downloads
from suanpan.acquirer.session import Session
from suanpan.acquirer.suites import suite
from suanpan.codec import iso8583
from suanpan.errors import BadReply, MacError
from suanpan.errors.downloads import NotOffered
from suanpan.errors.emv import TablesRefused
from suanpan.ledger.emv_tables import APPLICATION, EXCEPTION, KEY, REVOKED

HOST = TdesHost()
RID = "9f0605a000000333"
KEY_1, KEY_2 = RID + "9f220101", RID + "9f220102"
EXPIRES = "df05083230333631323331"
AID = "9f0608a000000333010101"


def answer(f62, code="00", sealed=True):
    """What a step of the script says, sealed; F62 in hexadecimal."""

    def step(mti, fields):
        back = {number: fields[number] for number in (11, 41, 42, 60)}
        back[39] = code
        if f62:
            back[62] = bytes.fromhex(f62)
        if not sealed:
            return [bytes(iso8583.encode(messages.reply_mti(mti), back))]
        back[64] = bytes(8)
        message = iso8583.encode(messages.reply_mti(mti), back)
        message[-8:] = HOST.mac(memoryview(message)[:-8])
        return [bytes(message)]

    return step


class Draft:
    def __init__(self):
        self.items = []

    def add(self, kind, content):
        self.items.append((kind, bytes(content).hex()))


class Case(unittest.TestCase):
    def fetch(self, *script):
        """Run through the script; what was asked is in `asked`: network code and F62."""
        self.draft = Draft()
        self.begun = []
        self.stan = 0
        line = Line(*script)
        session = Session(line, Parameters, Keys(HOST), suite("tdes"), bytes)
        self.source = Downloads(session, "000007", self.next_stan)

        async def run():
            await self.source.fetch(self.draft, lambda *of: self.begun.append(of))
            await self.source.end()

        try:
            asyncio.run(run())
        finally:
            self.asked = []
            for message in line.sent:
                mti, fields = iso8583.decode(message)
                self.assertEqual(fields[60][:8], "00000007")
                self.assertEqual(mti, "0820" if fields[60][-1] == "2" else "0800")
                self.assertEqual(message[-8:], HOST.mac(message[:-8]))
                self.asked.append((fields[60][8:], fields.get(62, b"").hex()))
            self.assertEqual(line.script, [])

    def next_stan(self):
        self.stan += 1
        return f"{self.stan:06}"

    def fails(self, error, *script):
        with self.assertRaises(error):
            self.fetch(*script)


class TestFetch(Case):
    def test_everything(self):
        """Lists and what is not taken come in two pieces; the names that are asked for lack the dates."""
        self.fetch(
            answer("32" + KEY_1 + EXPIRES),
            answer("33" + KEY_2 + EXPIRES),
            answer("31" + KEY_1 + "df0401" + "03"),
            answer("31" + KEY_2 + "df0401" + "05"),
            answer("31" + AID),
            answer("31" + AID + "df010100"),
            answer("32" + "df4109a000000333f10bad01"),
            answer("33" + "df42080102030405060708"),
            answer(""),
            answer(""),
            answer(""),
        )
        self.assertEqual(
            self.asked,
            [
                ("372", b"100".hex()),
                ("372", b"101".hex()),
                ("370", KEY_1),
                ("370", KEY_2),
                ("382", b"100".hex()),
                ("380", AID),
                ("390", b"100".hex()),
                ("390", b"101".hex()),
                ("371", ""),
                ("381", ""),
                ("391", ""),
            ],
        )
        self.assertEqual(
            self.draft.items,
            [
                (KEY, KEY_1 + "df040103"),
                (KEY, KEY_2 + "df040105"),
                (APPLICATION, AID + "df010100"),
                (REVOKED, "a000000333f10bad01"),
                (EXCEPTION, "0102030405060708"),
            ],
        )
        self.assertEqual(self.begun, [(KEY, 1, 2), (KEY, 2, 2), (APPLICATION, 1, 1)])
        self.assertEqual((self.source.keys, self.source.applications), (2, 1))

    def test_no_keys_and_nothing_that_is_not_taken(self):
        self.fetch(
            answer("30"), answer("31" + AID), answer("31" + AID), answer("30"), answer(""), answer(""), answer("")
        )
        self.assertEqual(self.draft.items, [(APPLICATION, AID)])


class TestNotOffered(Case):
    def test_no_applications(self):
        self.fails(NotOffered, answer("30"), answer("30"))

    def test_a_refusal_keeps_its_code(self):
        self.fails(NotOffered, answer("", code="77"))
        self.assertEqual(self.source.code, "77")

    def test_an_item_that_was_listed_and_is_not_there(self):
        self.fails(NotOffered, answer("31" + KEY_1), answer("30"))


class TestBadAnswers(Case):
    def test_lists(self):
        for f62 in ("", "34", "319f06", "32", "32df0101ff", "31" + KEY_1 + "9f"):
            self.fails(BadReply, answer(f62))

    def test_items(self):
        """Another key than was asked for, none at all, data objects cut short."""
        for f62 in ("31" + KEY_2, "31", "31" + EXPIRES, "319f0605a0", "31" + RID + "9f22"):
            self.fails(BadReply, answer("31" + KEY_1), answer(f62))

    def test_what_is_not_taken(self):
        for f62 in ("32", "35", "31df4109a0"):
            self.fails(BadReply, answer("30"), answer("31" + AID), answer("31" + AID), answer(f62))

    def test_lists_without_end(self):
        page = "".join(f"{RID}9f2201{index:02x}" for index in range(20))
        self.fails(TablesRefused, *[answer("32" + page) for _ in range(5)])

    def test_no_mac(self):
        self.fails(MacError, answer("31" + KEY_1, sealed=False))


if __name__ == "__main__":
    unittest.main()
