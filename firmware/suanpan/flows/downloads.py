"""参数下载: the acquirer's tables for chip cards, put in force whole or not at all."""

from suanpan.acquirer.downloads import Downloads
from suanpan.acquirer.responses import SIGN_IN_FIRST
from suanpan.errors import AcquirerError, LogWorn, MacError
from suanpan.errors.downloads import NotOffered
from suanpan.flows.online import make_ready
from suanpan.ledger.emv_draft import Draft
from suanpan.ledger.emv_tables import KEY
from suanpan.ledger.operators import ADMINISTRATOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def download(t: "Terminal") -> None:
    """New tables in the place of the old ones. Whatever goes wrong, those stay: NotOffered, TablesRefused, LogWorn, and
    all that may happen to a message."""
    screen = t.screen
    title = screen.title("download")
    screen.show(title, screen.message("please_wait"))
    operator = t.operator
    t.operator = operator or ADMINISTRATOR  # who has not come to sell signs in as that
    try:
        source = await _download(t, title)
    finally:
        t.operator = operator
    words = screen.message("downloaded")
    for count in (source.keys, source.applications):
        words = words.replace("#", str(count), 1)
    await screen.notice(title, words, 3)


async def _download(t: "Terminal", title: str) -> Downloads:
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        source = Downloads(host, t.ledger.batch, t.ledger.stan)
        try:
            await _replace(t, title, source)
        except MacError:
            t.signed_in = False
            raise
        except NotOffered:
            if source.code == SIGN_IN_FIRST:
                t.signed_in = False
            raise
        t.tables_checked = True
        try:
            await source.end()
        except AcquirerError:
            pass  # the host does not know that they are in force, and offers them again
    return source


async def _replace(t: "Terminal", title: str, source: Downloads) -> None:
    screen = t.screen

    def begins(kind: int, number: int, count: int) -> None:
        screen.show(title, screen.message("ca_keys" if kind == KEY else "applications"), f"{number}/{count}")

    try:
        draft = Draft(t.emv_tables)
        try:
            await source.fetch(draft, begins)
        except BaseException:
            draft.drop()
            raise
        draft.commit()
    except OSError:  # the network's are the session's
        raise LogWorn from None
