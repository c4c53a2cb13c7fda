"""What an overlay brought in is gone at its end, with the memory that it took; what was there before stays."""

import gc
import sys
import unittest

from suanpan.overlay import Overlay

_MODULE = "suanpan.crypto.sm2"


def _use():
    from suanpan.crypto.sm2 import verify

    return verify


def _use_much():
    import suanpan.cards.t1
    import suanpan.crypto.key_block
    import suanpan.emv.mastercard

    return _use(), suanpan.cards.t1, suanpan.crypto.key_block, suanpan.emv.mastercard


def _alive():
    gc.collect()
    return gc.mem_alloc()


class TestOverlay(unittest.TestCase):
    def setUp(self):
        import suanpan.crypto.octets  # there already: not the overlay's

        with Overlay():
            _use_much()  # names and errors that stay are there from here on
        self.octets = suanpan.crypto.octets

    def test_its_modules_are_gone_with_their_memory(self):
        """All but what a word that lies about happens to point at, which is another one each time."""
        taken, left = [0] * 8, [0] * 8  # made before: to append would take memory in between
        before = _alive()
        for run in range(8):
            with Overlay():
                _use_much()
                self.assertTrue(_MODULE in sys.modules)
                taken[run] = _alive() - before
            self.assertFalse(_MODULE in sys.modules)
            self.assertFalse(hasattr(sys.modules["suanpan.crypto"], "sm2"))
            left[run] = _alive() - before
        self.assertTrue(min(taken) > 20_000, taken)
        self.assertTrue(min(left) < min(taken) // 8, (taken, left))
        self.assertTrue(min(left[4:]) <= min(left[:4]) + 256, left)  # rounds do not add up

    def test_what_was_there_stays_the_same(self):
        with Overlay():
            _use()
        import suanpan.crypto.octets

        self.assertTrue(suanpan.crypto.octets is self.octets)

    def test_machine_code_is_loaded_once(self):
        for _ in range(2):
            with Overlay():
                import suanpan.cards.t1
                import suanpan.crypto.sm4
            self.assertFalse("suanpan.cards.t1" in sys.modules)
        self.assertTrue("suanpan.cards.t1_check" in sys.modules)
        before = suanpan.crypto.sm4
        with Overlay():
            import suanpan.crypto.sm4
        self.assertTrue(suanpan.crypto.sm4 is before)

    def test_an_error_leaves_it_and_keeps_its_class(self):
        from suanpan.errors import CryptoError

        with self.assertRaises(CryptoError), Overlay():
            _use()
            raise CryptoError
        self.assertFalse(_MODULE in sys.modules)

    def test_a_second_one_works_like_the_first(self):
        for _ in range(3):
            with Overlay():
                self.assertTrue(callable(_use()))
            self.assertFalse(_MODULE in sys.modules)

    def test_errors_of_a_part_are_the_same_classes_afterwards(self):
        with Overlay():
            import suanpan.errors.nfc

            inside = suanpan.errors.nfc.CardLost
        import suanpan.errors.nfc

        self.assertTrue(suanpan.errors.nfc.CardLost is inside)


if __name__ == "__main__":
    unittest.main()
