# /main.py of a board: runs the application that /boot.py has put at /app, if there is one. In release mode nothing
# comes after it: neither what it died of, nor a prompt.
import sys

try:
    if "/app" in sys.path:
        import main  # noqa: F401
finally:
    if released:  # type: ignore[name-defined]  # /boot.py knows
        from machine import reset

        reset()
