"""A swiped card: what the reader's characters say, once their check characters have been checked."""

from suanpan.codec import track
from suanpan.errors import TrackError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.drivers.swipe_reader import Swipe


def read(swipe: "Swipe") -> "Track2":
    """Track 2 of a swipe, which is all that a payment needs; TrackError, NotBankCard."""
    if swipe.track2 is None:
        raise TrackError
    return track.parse_track2(swipe.track2)
