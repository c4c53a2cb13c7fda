"""Track 2 as a reader passes it on: good cards, bad reads, and tracks that are no payment card's."""

import unittest

from suanpan.codec.track import parse_track2
from suanpan.errors import NotBankCard, TrackError

PURE = True

CARD = b";6200000000000013=35121200000012345?"
PAN = b"6200000000000013"


def with_lrc(line):
    """`line` and its LRC: the exclusive-or of the low four bits of all its characters."""
    check = 0
    for character in line:
        check ^= character & 15
    return line + bytes([0x30 + check])


class TestCard(unittest.TestCase):
    def test_the_parts_of_the_track(self):
        track = parse_track2(with_lrc(CARD))
        self.assertEqual(track.data, "6200000000000013=35121200000012345")
        self.assertEqual(track.pan, "6200000000000013")
        self.assertEqual(track.expiry, "3512")
        self.assertEqual(track.service_code, "120")

    def test_lrc_by_hand(self):
        # ; ^ 6 ^ 2 ^ 1 ^ 3 ^ = ^ 3 ^ 5 ^ 1 ^ 2 ^ 1 ^ 2 ^ 1 ^ 2 ^ 3 ^ 4 ^ 5 ^ ? = 8
        self.assertEqual(with_lrc(CARD)[-1:], b"8")
        self.assertEqual(parse_track2(CARD + b"8").pan, PAN.decode())

    def test_a_reader_that_keeps_the_lrc_to_itself(self):
        self.assertEqual(parse_track2(CARD).pan, PAN.decode())

    def test_any_buffer_will_do_and_the_card_keeps_its_own_copy(self):
        line = bytearray(with_lrc(CARD))
        track = parse_track2(memoryview(line))
        for i in range(len(line)):
            line[i] = 0
        self.assertEqual(track.pan, PAN.decode())

    def test_pans_of_every_length_that_there_is(self):
        for pan in (b"4222222222222", b"30569309025904", b"378282246310005", b"6200000000000000018"):
            track = parse_track2(with_lrc(b";" + pan + b"=3512120?"))
            self.assertEqual(track.pan, pan.decode())
            self.assertEqual(track.expiry, "3512")

    def test_the_longest_track(self):
        line = with_lrc(b";6200000000000000018=34061200000098765?")
        self.assertEqual(len(line), 40)
        self.assertEqual(len(parse_track2(line).data), 37)

    def test_service_codes_2xx_and_6xx_promise_a_chip(self):
        for first in b"0123456789":
            line = b";" + PAN + b"=3512" + bytes([first]) + b"01?"
            self.assertEqual(parse_track2(line).has_chip, first in b"26")

    def test_nothing_is_left_after_wiping(self):
        track = parse_track2(CARD)
        track.wipe()
        self.assertEqual(track.data, "\0" * 34)

    def test_a_card_does_not_print_itself(self):
        self.assertFalse("6200" in repr(parse_track2(CARD)) + str(parse_track2(CARD)))


class TestBadRead(unittest.TestCase):
    def refuses(self, line):
        with self.assertRaises(TrackError):
            parse_track2(line)

    def test_every_wrong_lrc(self):
        right = with_lrc(CARD)[-1]
        for wrong in range(256):
            if wrong != right:
                self.refuses(CARD + bytes([wrong]))

    def test_any_one_character_misread(self):
        line = with_lrc(CARD)
        for at in range(len(line)):
            for character in b"0123456789:;<=>?":
                if character != line[at]:
                    with self.assertRaises((TrackError, NotBankCard)):
                        parse_track2(line[:at] + bytes([character]) + line[at + 1 :])

    def test_sentinels_missing(self):
        for line in (b"", b";", b"?", CARD[1:], CARD[:-1], b"%" + CARD[1:], with_lrc(CARD)[:-2]):
            self.refuses(line)

    def test_the_readers_word_for_a_track_it_could_not_read(self):
        self.refuses(b";E?")

    def test_characters_that_no_track_2_has(self):
        for character in b":;<>A ^\x00\x80\xff":
            self.refuses(CARD[:5] + bytes([character]) + CARD[6:])

    def test_more_than_the_track_behind_the_sentinel(self):
        self.refuses(with_lrc(CARD) + b"0")
        self.refuses(with_lrc(CARD) + b"\r\n")

    def test_a_track_longer_than_the_stripe(self):
        self.refuses(with_lrc(b";6200000000000000018=340612000000987650?"))


class TestNotBankCard(unittest.TestCase):
    def refuses(self, data):
        with self.assertRaises(NotBankCard):
            parse_track2(with_lrc(b";" + data + b"?"))

    def test_wrong_check_digit(self):
        for digit in b"012456789":
            self.refuses(PAN[:-1] + bytes([digit]) + b"=3512120")

    def test_two_neighbours_exchanged(self):
        self.refuses(b"6020000000000013=3512120")

    def test_pan_too_short_or_too_long(self):
        self.refuses(b"000000000000=3512120")
        self.refuses(b"00000000000000000000=3512120")
        self.refuses(b"=3512120")

    def test_no_separator(self):
        self.refuses(PAN)
        self.refuses(b"0000000000000000000")

    def test_expiry_or_service_code_missing(self):
        for rest in (b"", b"3512", b"351212", b"=120", b"3512=00", b"351=120"):
            self.refuses(PAN + b"=" + rest)

    def test_a_door_card(self):
        self.refuses(b"0012345")
        self.refuses(b"")
