"""Payment cards with real keys, for the bench: minted by the test CA, computing real cryptograms (docs/cards.md)."""
