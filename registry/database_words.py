"""What the messages of databases say. Only words: a process without Django reads them too."""

PASSING = ("is locked", "connection", "deadlock detected", "could not serialize", "starting up", "shutting down")
"""In the message of an operational error: the same request can succeed a moment later, unchanged."""
