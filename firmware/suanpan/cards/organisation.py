"""Whose card it is, by how its number begins: for what is good without the host, which would have said it."""

# ISO/IEC 7812 ranges and the three letters of F63. What none of them fits is domestic: banks issue cards of their own.
_RANGES = (("62", "CUP"), ("34", "AMX"), ("37", "AMX"), ("35", "JCB"), ("4", "VIS"), ("5", "MCC"), ("2", "MCC"))


def organisation(pan: str) -> str:
    for beginning, letters in _RANGES:
        if pan.startswith(beginning):
            return letters
    return "CUP"
