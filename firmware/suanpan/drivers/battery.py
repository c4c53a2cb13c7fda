"""LiPo cell behind a resistor divider on an ADC input."""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import ADC

_SAMPLES = const(8)  # the ESP32's ADC is noisy by some 10 mV

# Typical open-circuit voltage of a 4.2 V cell at 0, 10 ... 100 % of its charge, in mV. It is flat in the
# middle: the tens of a percentage are a guide, its ones are not.
_CURVE = (3270, 3690, 3730, 3770, 3800, 3840, 3870, 3950, 4020, 4110, 4200)


class Battery:
    """`divider` is the cell's voltage over the ADC's, 2 for two equal resistors."""

    def __init__(self, adc: "ADC", divider: int = 2) -> None:
        self._adc = adc
        self._divider = divider

    def millivolts(self) -> int:
        total = 0
        for _ in range(_SAMPLES):
            total += self._adc.read_uv()
        return total * self._divider // (_SAMPLES * 1000)

    def percent(self) -> int:
        """Charge that is left, 0 to 100."""
        millivolts = self.millivolts()
        if millivolts <= _CURVE[0]:
            return 0
        for step in range(1, len(_CURVE)):
            if millivolts < _CURVE[step]:
                below = _CURVE[step - 1]
                return 10 * (step - 1) + 10 * (millivolts - below) // (_CURVE[step] - below)
        return 100
