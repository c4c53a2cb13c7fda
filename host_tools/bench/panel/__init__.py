"""The interactive bench: a terminal, a wallet and an acquirer on a desk in the browser (`suanpan run`)."""
