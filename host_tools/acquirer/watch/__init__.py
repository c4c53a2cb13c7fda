"""The acquirer, looked at while it works: messages as they come, terminals, batches, books; in a browser."""
