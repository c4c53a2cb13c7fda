"""What holds for the transactions of one application (EMV 4.3 Book 4, 10): of all tables, what a transaction keeps."""


class Application:
    """One AID of the terminal, and what holds for its transactions. Amounts are 分."""

    def __init__(
        self,
        aid: bytes,
        *,
        version: bytes,
        partial: bool = True,
        tac_default: bytes = b"\xff\xff\xff\xff\xff",
        tac_denial: bytes = bytes(5),
        tac_online: bytes = b"\xff\xff\xff\xff\xff",
        floor_limit: int = 0,
        threshold: int = 0,
        target: int = 0,
        most: int = 0,
        ddol: bytes = b"\x9f\x37\x04",
        tdol: bytes = b"",
    ) -> None:
        self.aid = aid  # 5 to 16 bytes
        self.version = version  # 9F09
        self.partial = partial  # whether a DF name may begin with the AID and go on
        self.tac_default = tac_default
        self.tac_denial = tac_denial
        self.tac_online = tac_online
        self.floor_limit = floor_limit  # 9F1B
        self.threshold = threshold  # for biased random selection
        self.target = target  # percentage of transactions below it that go online
        self.most = most  # percentage just below the floor limit
        self.ddol = ddol
        self.tdol = tdol

    def matches(self, name: bytes) -> bool:
        return name.startswith(self.aid) if self.partial else name == self.aid
