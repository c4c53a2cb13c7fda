"""Moments as a number, so that they can be subtracted."""


def minutes(date: str, time: str) -> int:
    """YYMMDD and HHMMSS as minutes since the beginning of the year 2000, in whatever time zone they are."""
    year, month, day = int(date[:2]), int(date[2:4]), int(date[4:])
    # Days from March on (a leap day comes last), then of the years; 2000 was a leap year itself.
    if month < 3:
        month += 12
        year -= 1
    days = day + (153 * month - 457) // 5 + 365 * year + year // 4 + 59
    return (days * 24 + int(time[:2])) * 60 + int(time[2:4])
