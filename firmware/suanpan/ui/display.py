"""What the canvas asks of a display, for the type checker: never imported at run time."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Display(Protocol):
        width: int  # pixels
        height: int
        pitch: int  # of the rows of text, pixels
        scale: int  # of plain text: how many times the font's sixteen pixels
        margin: int  # that text keeps from the sides, pixels
        colour: bool  # ink and paper are RGB565; without, they are 1 or 0, lit or dark

        def fill(self, y: int, height: int, paper: int) -> None:
            """Rows of pixels from `y` down, all across; a quarter of a row of text, or more of them."""

        def draw(self, strip: bytearray, y: int, scale: int, first: int, last: int, ink: int, paper: int) -> None:
            """Columns `first` to before `last` of a strip, magnified, from the row of pixels `y` down.

            The strip is as wide as the display, sixteen rows of framebuf.MONO_VLSB; columns are counted in it, as it is
            before it is magnified. A driver may draw some more of them.
            """
