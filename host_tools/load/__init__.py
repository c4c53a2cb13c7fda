"""Many terminals at one acquirer: as they really talk, at a given rate, and whether the books agree afterwards."""
