"""A terminal's way from a bare board to a counter: each step once, in order, with a report at the end."""
