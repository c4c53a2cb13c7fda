"""Amounts in words a person reads; inside the terminal money is an integer of 分."""


def yuan(amount: int) -> str:
    """1234 -> "12.34"."""
    sign, amount = "-" if amount < 0 else "", abs(amount)
    return f"{sign}{amount // 100}.{amount % 100:02}"
