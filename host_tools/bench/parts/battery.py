"""Lithium cell on an ADC input, through a divider of two equal resistors."""

from __future__ import annotations


class Battery:
    def __init__(self, millivolts: int = 3900) -> None:
        """`millivolts` at the cell: 4200 full, 3300 empty."""
        self.millivolts = millivolts

    def microvolts(self) -> int:
        return self.millivolts * 1000 // 2
