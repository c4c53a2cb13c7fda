"""The pytest plugin for firmware tests, on files that pass, fail, crash and hang."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from host_tools.micropython.library import LibraryUnavailable
from tests.plugins import firmware

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs pytest on one firmware test file, given its source and more arguments."""
    pytester.makeconftest("from tests.plugins.firmware import pytest_pycollect_makemodule")

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it="import unittest\n" + textwrap.dedent(source))
        return pytester.runpytest_inprocess("-rA", *arguments)

    return run


SAMPLE = """
PURE = True

class TestArithmetic(unittest.TestCase):
    def test_right(self):
        self.assertEqual(1 + 1, 2)

    def test_wrong(self):
        print("about to fail")
        self.assertEqual(1 + 1, 3)

    def test_error(self):
        {}["missing"]

    @unittest.skip("not today")
    def test_skipped(self):
        raise ValueError
"""


def test_one_item_for_each_method_and_interpreter(run: Run) -> None:
    result = run(SAMPLE)
    assert result.parseoutcomes() == {"passed": 2, "failed": 4, "skipped": 2}
    result.stdout.fnmatch_lines(
        [
            "PASSED test_it.py::TestArithmetic::test_right[[]micropython]",
            "PASSED test_it.py::TestArithmetic::test_right[[]cpython]",
            "SKIPPED [[]2] test_it.py:17: not today",
            "FAILED test_it.py::TestArithmetic::test_wrong[[]micropython] - AssertionError: *",
            "FAILED test_it.py::TestArithmetic::test_error[[]micropython] - KeyError: missing",
        ]
    )


def test_cpython_is_for_pure_files_only(run: Run) -> None:
    result = run(SAMPLE.replace("PURE = True", "PURE = False"))
    assert result.parseoutcomes() == {"passed": 1, "failed": 2, "skipped": 1}
    assert "[cpython]" not in result.stdout.str()


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_a_failure_shows_its_own_traceback_and_output(run: Run, interpreter: str) -> None:
    result = run(SAMPLE, "-k", f"test_wrong and {interpreter}")
    assert result.parseoutcomes() == {"failed": 1, "deselected": 7}
    result.stdout.fnmatch_lines(
        [
            "AssertionError: *",
            "Traceback (most recent call last):",
            '  File "test_it.py", line 11, in test_wrong',
            "*Captured stdout call*",
            "about to fail",
        ]
    )
    assert "run_tests.py" not in result.stdout.str()


def test_what_is_not_selected_does_not_run(run: Run) -> None:
    source = """
    class TestX(unittest.TestCase):
        def test_first(self):
            print("first has run")
        def test_second(self):
            print("second has run")
    """
    result = run(source, "test_it.py::TestX::test_second[micropython]")
    assert result.parseoutcomes() == {"passed": 1}
    assert "second has run" in result.stdout.str()
    assert "first has run" not in result.stdout.str()


def test_fixtures_surround_each_test_on_an_object_of_its_own(run: Run) -> None:
    source = """
    PURE = True
    calls = []

    class TestX(unittest.TestCase):
        def setUp(self):
            self.assertFalse(hasattr(self, "mine"))
            calls.append("up")
        def tearDown(self):
            calls.append("down")
        def test_a_fails(self):
            self.mine = 1
            self.fail()
        def test_b_sees_both(self):
            self.assertEqual(calls, ["up", "down", "up"])

    class TestTearDown(unittest.TestCase):
        def tearDown(self):
            raise ValueError
        def test_fails(self):
            pass

    class TestSetUp(unittest.TestCase):
        def setUp(self):
            raise ValueError
        def test_fails(self):
            print("not reached")
    """
    result = run(source)
    assert result.parseoutcomes() == {"passed": 2, "failed": 6}
    assert "not reached" not in result.stdout.str()


def test_a_coroutine_is_run(run: Run) -> None:
    source = """
    import asyncio
    PURE = True

    class TestX(unittest.TestCase):
        async def test_passes(self):
            await asyncio.sleep(0)
        async def test_fails(self):
            await asyncio.sleep(0)
            self.fail()
    """
    assert run(source).parseoutcomes() == {"passed": 2, "failed": 2}


@pytest.mark.parametrize(
    ("end", "fate"),
    [
        ("import uctypes; uctypes.bytearray_at(1, 1)[0] = 0", "ended by itself, with SIGSEGV"),
        ("import os; os.system('kill -9 $PPID')", "ended by itself, with SIGKILL"),
        ("while True: pass", "gave no result in 1 s and was killed"),
        ("while True: print('x' * 999)", "printed more than 4194304 bytes and was killed"),
        # The child keeps standard output open: reading on ends only when the whole process group is dead.
        ("import os; os.system('sleep 60 & cat')", "gave no result in 1 s and was killed"),
    ],
    ids=["crash", "killed", "hang", "flood", "hang with a child"],
)
def test_an_interpreter_that_dies_costs_one_test(run: Run, end: str, fate: str) -> None:
    source = f"""
    TIMEOUT = 1
    ran = []

    class TestX(unittest.TestCase):
        def test_a_before(self):
            ran.append("a")
        def test_b_dies(self):
            self.assertEqual(ran, ["a"])  # one process for the file
            print("last words")
            {end}
        def test_c_after(self):
            self.assertEqual(ran, [])  # and a new one
    """
    result = run(source)
    assert result.parseoutcomes() == {"passed": 2, "failed": 1}
    result.stdout.fnmatch_lines(
        ["*TestX.test_b_dies*", f"the interpreter {fate}", "*Captured stdout call*", "last words"]
    )


def test_a_test_may_not_end_the_run(run: Run) -> None:
    source = """
    import sys
    PURE = True

    class TestX(unittest.TestCase):
        def test_a_exits(self):
            sys.exit(0)
        def test_b_passes(self):
            pass
    """
    result = run(source)
    assert result.parseoutcomes() == {"passed": 2, "failed": 2}
    result.stdout.fnmatch_lines(["SystemExit*"])


def test_memory_runs_out_below_the_ceiling_of_the_file(run: Run) -> None:
    source = """
    HEAP = "{}"

    class TestX(unittest.TestCase):
        def test_large(self):
            bytearray(100 * 1024)
        def test_after(self):
            pass
    """
    assert run(source.format("256k")).parseoutcomes() == {"passed": 2}
    result = run(source.format("96k"))
    assert result.parseoutcomes() == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines(["MemoryError: *", "*line 7, in test_large"])


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("room = bytearray(1 << 20)", "MemoryError: *"),
        ("import uctypes; uctypes.bytearray_at(1, 1)[0] = 0", "*ended by itself, with SIGSEGV"),
        ("import nowhere", "ImportError: no module named 'nowhere'"),
        ("raise SystemExit", "SystemExit*"),
    ],
)
def test_a_file_that_does_not_import_fails_all_its_tests(run: Run, line: str, error: str) -> None:
    source = f"""
    {line}

    class TestX(unittest.TestCase):
        def test_a(self):
            pass
        def test_b(self):
            pass
    """
    result = run(source)
    assert result.parseoutcomes() == {"failed": 2}
    result.stdout.fnmatch_lines([error])


def test_path_adds_directories_of_the_repository(run: Run) -> None:
    source = """
    PURE = True
    PATH = ["tests/shims"]
    import sys

    class TestX(unittest.TestCase):
        def test_path(self):
            self.assertTrue(sys.path[0].endswith("/tests/shims"))
    """
    assert run(source).parseoutcomes() == {"passed": 2}


def test_tests_are_inherited_within_the_file(run: Run) -> None:
    source = """
    class Base(unittest.TestCase):
        def test_value(self):
            self.assertEqual(getattr(self, "value", 1), 1)

    class TestDerived(Base):
        value = 2
    """
    result = run(source)
    assert result.parseoutcomes() == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines(["FAILED test_it.py::TestDerived::test_value*"])


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("class TestX(unittest.TestCase):\n    def test_a(self) pass", "*test_it.py:3: syntax error: *"),
        ("def test_a():\n    pass", "*test_it.py:2: test_a is not a method of a unittest.TestCase"),
        ("class TestX(unittest.TestCase):\n    pass", "*test_it.py:1: no class derived from *"),
        (
            "class TestX(unittest.TestCase):\n    def setUpClass(cls): pass",
            "*test_it.py:3: unittest 0.4 never calls setUpClass",
        ),
        (
            "@unittest.skip('')\nclass TestX(unittest.TestCase):\n    def test_a(self): pass",
            "*test_it.py:3: TestX: unittest 0.4 decorates methods only",
        ),
        ("HEAP = 512 * kib\nclass TestX(unittest.TestCase):\n    def test_a(self): pass", "*HEAP is not a*"),
    ],
)
def test_what_would_be_lost_is_an_error(run: Run, source: str, error: str) -> None:
    result = run(source)
    assert result.parseoutcomes() == {"errors": 1}
    result.stdout.fnmatch_lines([error])


def test_without_the_library_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> None:
        raise LibraryUnavailable("run `make test` once with a network")

    monkeypatch.setattr(firmware, "library_path", unavailable)
    result = run(SAMPLE, "-k", "test_right")
    assert result.parseoutcomes()["errors"] == 2
    result.stdout.fnmatch_lines(["run `make test` once with a network"])
