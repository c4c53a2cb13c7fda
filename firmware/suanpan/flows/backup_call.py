"""备份 over the network: the terminal calls the workshop, and then answers it as it does on the service line."""

import asyncio

from micropython import const

from suanpan.service.backup import HERE
from suanpan.service.injection_line import Frames, frame, next_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from suanpan.service.backup import Saving

_PORT = const(9100)  # where the workshop listens
_CONNECT_S = const(10)


async def call(address: str, saving: "Saving", terminal_id: str) -> None:
    """Call the workshop at this IPv4 address, keyed in as twelve digits, and answer it until it hangs up."""
    host = ".".join(str(int(address[at : at + 3])) for at in range(0, 12, 3))
    reader: "StreamReader"
    writer: "StreamWriter"
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, _PORT), _CONNECT_S)
    except (OSError, asyncio.TimeoutError):
        return
    frames = Frames()
    answer = HERE, terminal_id.encode()
    try:
        while True:
            writer.write(frame(*answer))
            await writer.drain()
            said = None
            while said is None:
                said = await next_frame(reader, frames)
            answer = saving.answer(*said)
    except (OSError, EOFError):
        return
    finally:
        writer.close()
