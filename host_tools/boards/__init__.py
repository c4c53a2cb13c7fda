"""Boards as data: which there are, what is wrong with one, and how it is wired."""
