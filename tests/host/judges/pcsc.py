"""Other people's smart-card software around the bench's card: pcscd with a reader of ours, and its clients.

pcscd takes its socket over from us (as from systemd) and has /run to itself, so that it neither meets the machine's own
nor is met: it listens nowhere else, and vpcd is told to call us, on the loopback address, instead of listening for us.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.plugins.debian import FileFinder

_DRIVERS = "/usr/lib/pcsc/drivers/serial"
_PYTHON = "/usr/bin/python3"  # Debian's, which python3-pyscard is for
# systemd's way of handing a socket over: it is file descriptor 3, and meant for this process.
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], os.environ | {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
"""


def vpcd_driver(debian_file: FileFinder) -> Path:
    return debian_file(f"{_DRIVERS}/libifdvpcd.so", package="vsmartcard-vpcd")


def ccid_driver(debian_file: FileFinder) -> Path:
    return debian_file(f"{_DRIVERS}/libccidtwin.so", package="libccid")


def pyscard(debian_file: FileFinder) -> list[str]:
    """A Python that has pyscard."""
    debian_file("/usr/lib/python3/dist-packages/smartcard/__init__.py", package="python3-pyscard")
    return [str(debian_file(_PYTHON, package="python3")), "-B"]


@contextmanager
def pcscd(debian_file: FileFinder, device: str, driver: Path, channel: int = 1) -> Iterator[dict[str, str]]:
    """pcscd with one reader; the environment that its clients want."""
    program = debian_file("/usr/sbin/pcscd", package="pcscd")
    with tempfile.TemporaryDirectory(prefix="pcscd-") as name, socket.socket(socket.AF_UNIX) as listener:
        directory = Path(name)
        configuration = directory / "reader.conf"
        configuration.write_text(
            f'FRIENDLYNAME "Suanpan"\nDEVICENAME {device}\nLIBPATH {driver}\nCHANNELID {channel}\n'
        )
        address = directory / "pcscd.comm"
        listener.bind(str(address))
        listener.listen(8)
        daemon = [str(program), "--foreground", "--error", "--config", str(configuration)]
        fd = listener.fileno()
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_with_run_of_its_own(), sys.executable, "-c", _HAND_OVER, str(fd), *daemon],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[fd],
            )
            try:
                yield os.environ | {"PCSCLITE_CSOCK_NAME": str(address)}
            except BaseException as error:
                error.add_note((directory / "log").read_text(errors="replace")[-2000:])
                raise
            finally:
                process.terminate()
                process.wait()


def _with_run_of_its_own() -> list[str]:
    """What to put before a command: a user and a mount name space, where the machine allows them."""
    apart = ["unshare", "--map-root-user", "--mount"]
    allowed = subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0
    return [*apart, "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"] if allowed else []
