"""What a test says when a Debian package is missing: plain words on a desk, failure in CI."""

from __future__ import annotations

import pytest

TESTS = """
def test_there(debian_tool, debian_file):
    assert debian_tool("sh").endswith("/sh")
    assert debian_file("/bin/sh", package="dash").exists()

def test_no_tool(debian_tool):
    debian_tool("no-such-program")

def test_no_tool_of_another_name(debian_tool):
    debian_tool("no-such-program", package="no-such-package")

def test_no_file(debian_file):
    debian_file("/no/such/file", package="no-such-package")
"""


@pytest.fixture
def result(pytester: pytest.Pytester) -> pytest.RunResult:
    pytester.makepyfile(TESTS)
    return pytester.runpytest_inprocess("-p", "tests.plugins.debian")


class TestAtADesk:
    @pytest.fixture(autouse=True)
    def _no_ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)

    def test_skips_and_says_what_to_install(self, result: pytest.RunResult) -> None:
        assert result.parseoutcomes() == {"passed": 1, "skipped": 3}
        result.stdout.fnmatch_lines(
            [
                "not run for want of no-such-package: 2 (apt-get install no-such-package)",
                "not run for want of no-such-program: 1 (apt-get install no-such-program)",
            ]
        )


class TestInCI:
    @pytest.fixture(autouse=True)
    def _ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")

    def test_fails(self, result: pytest.RunResult) -> None:
        assert result.parseoutcomes() == {"passed": 1, "failed": 3}
        result.stdout.fnmatch_lines(["Debian package not installed: no-such-program"])
