"""What the errors of databases say. Without Django: a process that has none reads them too."""

PASSING = ("is locked", "deadlock detected", "could not serialize", "the connection is closed")
"""In the message of an error without a code: the same request can succeed a moment later, unchanged."""
_PASSING_STATES = ("08", "40", "53300", "55P03", "57P")
"""How the SQLSTATE of such an error begins: connection, rollback, too many, lock, shutdown (PostgreSQL, appendix A)."""


def is_passing(error: object) -> bool:
    """Whether an operational error of a driver tells of a moment: a lock, a restart, a connection that was lost.

    psycopg gives what the server answered a SQLSTATE, and what happened to the connection itself none, in words of
    the system («Connection reset by peer», «SSL SYSCALL error: EOF detected»).
    """
    if hasattr(error, "sqlstate"):
        state: str | None = error.sqlstate
        return state is None or state.startswith(_PASSING_STATES)
    return any(words in str(error) for words in PASSING)
