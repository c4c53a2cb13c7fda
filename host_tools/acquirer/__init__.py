"""The acquirer: an ISO 8583 host that a terminal can be trusted against, with a small bank behind it.

`host.Acquirer` turns one request into one reply and does no I/O; `connection.Connection` adds the framing,
the processing time and the scripted faults; `server` puts that on a socket and the bench puts it on the
virtual clock. Time and randomness are handed in, so the same inputs give the same bytes.
"""
