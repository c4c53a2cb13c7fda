"""What passed between a chip card and a terminal: recorded, decoded, and told phase by phase (docs/emv.md)."""
