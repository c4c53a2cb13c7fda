"""The ways to the acquirer: a primary host and its backups, by TLS or over a leased line, one connection at a time.

It is in memory only while somebody is called.
"""

import asyncio
import errno
import select
import socket

from micropython import const

from suanpan.acquirer.framing import Line
from suanpan.errors import HostUnreachable, NotConnected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.acquirer.tls_line import Clock
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.parameters import Parameters

    Preferred = list[int]  # which host is called first, since what minute of the day, for how many minutes

LOOK_MS = const(10)  # how often a socket is looked at until its line stands
_DAY = const(1440)  # minutes
_STAY_MIN = const(15)  # for which a backup that was reached is preferred, and up to 7 more by chance: shops that have
# lost the primary together must not come back to it together


async def connect(
    parameters: "Parameters",
    keys: "KeyStore",
    directory: str,
    clock: "Clock",
    random: "Callable[[int], bytes]",
    preferred: "Preferred",
) -> Line:
    """A line to the first host that can be reached. `preferred` is three zeros at first, and then what this made of it.

    `directory` holds the certificates of a terminal whose link is TLS. Raises NotConnected, or the class of it that
    says most: of a host that is out of reach, or not to be trusted.
    """
    hosts = parameters.hosts
    hour, minute = clock.datetime()[4:6]
    now = hour * 60 + minute
    if (now - preferred[1]) % _DAY >= preferred[2]:
        preferred[0] = 0
    worst = NotConnected()
    for i in range(len(hosts)):
        at = (preferred[0] + i) % len(hosts)
        try:
            line = await _line(hosts[at][0], hosts[at][1], parameters, keys, directory, clock)
        except NotConnected as problem:
            if problem.code > worst.code:  # A01 no network, A09 no host, from A10 on what TLS has found
                worst = problem
        else:
            if i:
                preferred[:] = at, now, _STAY_MIN + random(1)[0] // 32
            return line
    raise worst


async def _line(
    host: str, port: int, parameters: "Parameters", keys: "KeyStore", directory: str, clock: "Clock"
) -> Line:
    prefix = bytes.fromhex(parameters.tpdu + parameters.header)
    limit_s = parameters.connect_timeout_s
    if parameters.link == "tcp":
        return Line(await dial(host, port, limit_s), prefix)
    from suanpan.acquirer.tls_line import Terms, secured

    terms = Terms(directory, keys, clock)  # before anybody is called
    return Line(await secured(await dial(host, port, limit_s), host, terms, limit_s), prefix)


async def dial(host: str, port: int, timeout_s: int) -> "socket.socket":
    """A socket whose connection stands. NotConnected without a network, HostUnreachable where only the host is out of
    reach.

    asyncio.open_connection would leave the socket open when its time is over, and not say that it was refused.
    """
    made = None
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        made = socket.socket(found[0], found[1], found[2])
        made.setblocking(False)
        try:
            made.connect(found[-1])
        except OSError as problem:
            if problem.errno != errno.EINPROGRESS:
                raise
        await _stand(made, timeout_s)
        connected, made = made, None
        return connected
    except OSError as problem:
        # Below zero are lwIP's: no name is found where there is no network.
        if problem.errno == errno.EHOSTUNREACH or (problem.errno or 0) < 0:
            raise NotConnected from None
        raise HostUnreachable from None
    finally:
        if made:
            made.close()


async def _stand(made: "socket.socket", timeout_s: int) -> None:
    """Return when it is connected; else OSError."""
    poll = select.poll()
    poll.register(made, select.POLLOUT)
    for _ in range(timeout_s * 1000 // LOOK_MS):
        for found in poll.ipoll(0):
            if found[1] & (select.POLLERR | select.POLLHUP):
                made.read(1)  # says what it was
                raise OSError(errno.ECONNREFUSED)
            return
        await asyncio.sleep_ms(LOOK_MS)
    raise OSError(errno.ETIMEDOUT)
