"""The terminal's journal, judged by somebody who has nothing but its bytes.

A source (`image.py`: a flash image; `archive.py`: an archive) gives a `Reading`: records that hold, oldest first, and
the first thing that is wrong. All else works on records, wherever they come from: `fold.py` works the sums out again,
`entries.py` puts transactions together, `verify.py` judges, `export.py` writes tables.
"""
