"""The parameters of a terminal that several merchants share: each has its own numbers and name, all else is common."""

from suanpan.ledger.parameters import Parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    Own = dict[str, object]

_OWN = ("terminal_id", "merchant_id", "merchant_name", "serial")


class MallParameters(Parameters):
    """The attributes of _OWN are those of the merchant that was turned to last: the first, to begin with. In the file
    they are the first one's, and the list `other_merchants` has the others'."""

    def __init__(self, path: str, values: "dict[str, object]") -> None:
        super().__init__(path, values)
        self._at = 0
        self.merchants: "list[Own]" = [{}]
        self.merchants.extend(self.besides["other_merchants"])  # type: ignore[arg-type]
        self._keep()

    def turn(self, at: int) -> None:
        """To the merchant of this index."""
        self._keep()
        self._at = at
        for name in _OWN:
            setattr(self, name, self.merchants[at][name])

    def save(self) -> None:
        at = self._at
        self.turn(0)
        try:
            super().save()
        finally:
            self.turn(at)

    def _keep(self) -> None:
        for name in _OWN:
            self.merchants[self._at][name] = getattr(self, name)
