"""A terminal's journal in a file: saved over its service line or the network, restored to another board, looked into.

The terminal seals it (firmware/suanpan/ledger/backup.py), under a key that the workshop has for each terminal number
(`suanpan keys backup-key`). Here it is moved as it is; only `archive.py`, for those who have the key, opens it.
"""
