"""Tracks under the track key."""

import unittest

import des_plain
from suanpan.crypto import track_cipher
from suanpan.errors import BadKey, TrackError

TDK = bytes(range(0x21, 0x31))
TRACK_2 = "6200000000000013=30122010000012345678"


class TestTrackCipher(unittest.TestCase):
    def test_the_last_sixteen_characters_are_one_block(self):
        for track in (TRACK_2, TRACK_2[:-1], "6200000000000013=3012", "1234567890123456"):
            sealed = track_cipher.encrypt(TDK, track)
            self.assertEqual(len(sealed), len(track))
            self.assertEqual(sealed[:-16], track[:-16].replace("=", "d"))
            clear = des_plain.decrypt(TDK, bytes.fromhex(sealed[-16:])).hex()
            self.assertEqual(clear, track[-16:].replace("=", "d"))

    def test_what_is_no_track_is_refused(self):
        for track in ("", "123456789012345", TRACK_2 + "?", ";" + TRACK_2, "62000000000000d3=3012"):
            with self.assertRaises(TrackError):
                track_cipher.encrypt(TDK, track)

    def test_other_key_lengths_are_refused(self):
        with self.assertRaises(BadKey):
            track_cipher.encrypt(bytes(15), TRACK_2)
