"""Ink and paper of each style (ui/canvas.py) on a display with colours, RGB565; imported where there is one."""

PALETTE = (
    (0x1105, 0xFFFF),  # PLAIN: nearly black on white
    (0x0948, 0xE79F),  # AMOUNT: navy on the palest blue
    (0x42AD, 0xEF9E),  # HINT: slate on pale grey
    (0xFFFF, 0x11CB),  # BAR: white on navy
    (0xFFFF, 0x036F),  # CUSTOMER: white on teal
    (0xFFFF, 0x13E8),  # GOOD: white on green
    (0xFFFF, 0xC125),  # BAD: white on red
    (0x28E0, 0xFE05),  # DOUBT: brown on amber, which white could not be read on
)
