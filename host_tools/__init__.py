"""Suanpan's workshop: the host's side of all that the terminal meets. It shares no code with the firmware."""
