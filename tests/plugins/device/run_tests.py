"""Runs the tests of one file one at a time, as asked on standard input: by MicroPython, and by CPython alike.

    run_tests.py MODULE MARK

Asked for `TestX.test_y`, it prints what the test prints; then, on a line that begins with MARK, the outcome
(passed, failed, skipped); then the traceback or reason; then MARK and `end`. The import of MODULE is answered
first, as if it had been asked for. Results share standard output with the tests, so that the last words of
a dying interpreter stay with the test that was running.
"""

import gc
import sys

_MODULE, _MARK = sys.argv[1:]
# Made before any test can have filled the heap.
_PASSED = "\n" + _MARK + "passed"
_FAILED = "\n" + _MARK + "failed"
_SKIPPED = "\n" + _MARK + "skipped"
_END = _MARK + "end"

sys.path.pop(0)  # this script's own directory, which either interpreter puts there
import unittest  # noqa: E402


def run_test(module, name):
    case, method = name.split(".")
    case = getattr(module, case)
    test = case() if sys.implementation.name == "micropython" else case(method)
    if hasattr(test, "setUp"):
        test.setUp()
    try:
        result = getattr(test, method)()
        if hasattr(result, "send"):
            import asyncio

            asyncio.run(result)
    finally:
        if hasattr(test, "tearDown"):
            test.tearDown()


def print_traceback(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        traceback.print_exception(error.with_traceback(frames), file=sys.stdout)


def answer(action, *arguments):
    """Perform `action` and print its outcome; returns what it returned."""
    result = None
    try:
        result = action(*arguments)
        print(_PASSED)
    except unittest.SkipTest as reason:
        print(_SKIPPED)
        print(reason)
    except BaseException as error:  # noqa: BLE001 - SystemExit too: a test may not end the run
        print(_FAILED)
        print_traceback(error)
    gc.collect()
    print(_END)
    return result


def main():
    module = answer(__import__, _MODULE)
    while module:
        name = sys.stdin.readline().strip()
        if not name:
            break
        answer(run_test, module, name)


main()
