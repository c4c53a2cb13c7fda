"""What is here runs inside the MicroPython unix port, and is never imported by pytest."""

from tests.plugins.firmware import pytest_pycollect_makemodule

__all__ = ["pytest_pycollect_makemodule"]
