"""What the displays are timed on."""


class Bus:
    """Either bus, and any pin: counts."""

    def __init__(self):
        self.bytes = self.messages = 0

    def write(self, message):
        self.bytes += len(message)
        self.messages += 1

    def writeto(self, _address, message):
        self.write(message)

    def __call__(self, _level):
        pass

    duty_u16 = __call__
