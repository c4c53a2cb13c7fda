"""What comes before main.py on a board with somebody at its REPL: the flash to work in, and Ctrl-C that is heard."""

import os
import sys

import board
import console  # noqa: F401

os.chdir(board.DATA)
sys.path.append(board.DATA + "/lib")
