"""The power goes while new tables for chip cards are laid down: at every operation on flash, in several ways."""

import unittest

import vfs

from nor_flash import BITS, PREFIX, NorFlash, PowerCut
from suanpan.errors.emv import TablesRefused
from suanpan.ledger.emv_draft import Draft
from suanpan.ledger.emv_tables import APPLICATION, KEY, REVOKED, EmvTables
from vectors import load

PATH = "/emv_test/emv.bin"
PUBLISHED = load("emv_published")
APPLICATIONS = [bytes.fromhex(text) for text in PUBLISHED["applications"]]
KEYS = [bytes.fromhex(text) for text in PUBLISHED["keys"]]
OLD = [(APPLICATION, APPLICATIONS[0]), (KEY, KEYS[0])]
NEW = [(APPLICATION, APPLICATIONS[1]), (KEY, KEYS[1]), (KEY, KEYS[2]), (REVOKED, bytes(9))]


def lay_down(items):
    draft = Draft(PATH)
    for kind, content in items:
        draft.add(kind, content)
    draft.commit()


def found():
    """What a terminal finds that is switched on: the whole of a file that checks."""
    tables = EmvTables(PATH)
    return [(kind, content) for kind in (APPLICATION, KEY, REVOKED) for content in tables.items(kind)]


class TestPowerCut(unittest.TestCase):
    def setUp(self):
        self.flash = NorFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()

    def tearDown(self):
        vfs.umount("/emv_test")

    def mount(self):
        vfs.mount(vfs.VfsLfs2(self.flash), "/emv_test")

    def start_over(self, cells=None):
        vfs.umount("/emv_test")
        if cells:
            self.flash.cells[:] = cells
        self.flash.power_on()
        self.mount()

    def every_cut(self, items):
        """What is found after each."""
        lay_down(OLD)
        cells = bytes(self.flash.cells)
        operation, cut = 0, True
        while cut:
            cut = False
            for way, depth in ((None, 0), (None, 1), (PREFIX, 7), (BITS, 8)):
                self.start_over(cells)
                self.flash.cut(operation, way, depth)
                try:
                    lay_down(items)
                    break
                except PowerCut:
                    cut = True
                except TablesRefused:
                    break
                self.start_over()
                yield found()
                lay_down(NEW)
                self.assertEqual(found(), NEW)
            operation += 1

    def test_there_are_the_old_ones_or_the_new_ones(self):
        seen = []
        for tables in self.every_cut(NEW):
            self.assertTrue(tables in (OLD, NEW))
            seen.append(tables == NEW)
        self.assertTrue(not seen[0] and any(seen))
        print(len(seen), "cuts")

    def test_bad_ones_are_in_force_at_no_moment(self):
        for tables in self.every_cut([(KEY, KEYS[1][:-1] + b"\0")]):
            self.assertEqual(tables, OLD)
        self.start_over()
        self.assertEqual(found(), OLD)


if __name__ == "__main__":
    unittest.main()
