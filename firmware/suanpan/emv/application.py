"""What holds for the transactions of one application (EMV 4.3 Book 4, 10): of all tables, what a transaction keeps."""


class Application:
    """One AID of the terminal, and what holds for its transactions: `settings` are those of the following that are
    otherwise than here, where they take no memory in each. Amounts are 分."""

    partial = True  # whether a DF name may begin with the AID and go on
    tac_default = b"\xff\xff\xff\xff\xff"
    tac_denial = b"\0\0\0\0\0"
    tac_online = b"\xff\xff\xff\xff\xff"
    floor_limit = 0  # 9F1B
    threshold = 0  # for biased random selection
    target = 0  # percentage of transactions below it that go online
    most = 0  # percentage just below the floor limit
    ddol = b"\x9f\x37\x04"
    tdol = b""

    def __init__(self, aid: bytes, *, version: bytes, **settings: "bytes | int") -> None:
        self.aid = aid  # 5 to 16 bytes
        self.version = version  # 9F09
        for name, value in settings.items():
            if value != getattr(self, name):
                setattr(self, name, value)

    def matches(self, name: bytes) -> bool:
        return name.startswith(self.aid) if self.partial else name == self.aid
