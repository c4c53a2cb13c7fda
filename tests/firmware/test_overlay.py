"""What an overlay brought in is gone at its end, with the memory that it took; what was there before stays."""

import gc
import sys
import unittest

from suanpan.overlay import Overlay

_MODULE = "suanpan.crypto.sm2"


def _use():
    from suanpan.crypto.sm2 import verify

    return verify


class TestOverlay(unittest.TestCase):
    def setUp(self):
        import suanpan.crypto.octets  # there already: not the overlay's

        with Overlay():
            _use()  # names and errors that stay are there from here on
        self.octets = suanpan.crypto.octets

    def test_its_modules_are_gone_with_their_memory(self):
        gc.collect()
        before = gc.mem_alloc()
        with Overlay():
            _use()
            self.assertTrue(_MODULE in sys.modules)
            gc.collect()
            taken = gc.mem_alloc() - before
        self.assertFalse(_MODULE in sys.modules)
        self.assertFalse(hasattr(sys.modules["suanpan.crypto"], "sm2"))
        after = gc.mem_alloc()
        self.assertTrue(after - before < taken // 2, (taken, after - before))
        for _ in range(3):
            with Overlay():
                _use()
        self.assertTrue(gc.mem_alloc() <= after + 256, gc.mem_alloc() - after)

    def test_what_was_there_stays_the_same(self):
        with Overlay():
            _use()
        import suanpan.crypto.octets

        self.assertTrue(suanpan.crypto.octets is self.octets)

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
