"""A sale as the slip's maker sees one, without a ledger behind it."""


class Entry:
    kind = "sale"
    entry_mode = "021"
    original = remarks = ""
    operator = "01"
    parties = "01050000   48980000   "
    pan = "620000******0013"
    batch = "000001"
    stan = "000042"
    auth_code = "123456"
    reference = "632709000042"
    date, time = "261123", "093105"
    host_date, host_time = "1123", "093107"
    amount = gain = 12_34
    tip = 0
    response = "00"
