"""The fault explorer: every transaction, through every single fault, and the books of both sides compared."""
