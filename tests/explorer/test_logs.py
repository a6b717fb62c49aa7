"""The log: one record is one line, in UTC."""

import logging
import logging.config
import re

import pytest
from django.conf import settings

from explorer.logs import LineFormatter

FORGED = "shop\n2026-01-01T00:00:00.000Z ERROR root: forged\x1b[2J\u2028\u202e"


@pytest.fixture
def written():
    """``written(message, *arguments, error)`` is what the log of the settings writes of it."""
    formatter = settings.LOGGING["formatters"]["line"]
    made = logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(formatter))

    def write(message, *arguments, error=None):
        info = (type(error), error, error.__traceback__) if error else None
        return made.format(logging.LogRecord("names", logging.ERROR, "", 1, message, arguments, info))

    return write


def test_what_a_message_quotes_is_no_line_of_its_own(written):
    line = written("PUT %s: not found", f"/{FORGED}")
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert r"shop\n2026-01-01" in line


def test_what_an_error_quotes_is_indented(written):
    first, *others = written("It failed", error=ValueError(FORGED)).splitlines()
    assert first.endswith("ERROR names: It failed")
    assert "    2026-01-01T00:00:00.000Z ERROR root: forged\\x1b[2J" in others
    assert all(line.startswith("    ") and line.isprintable() for line in others)


def test_letters_of_all_scripts_stay_what_they_are(written):
    assert written("%s", "Müller 日本 {x}").endswith(" ERROR names: Müller 日本 {x}")


def test_times_are_in_utc_and_say_so(written):
    record = logging.LogRecord("names", logging.INFO, "", 1, "x", (), None)
    record.created, record.msecs = 1_800_000_000.0, 0.0
    formatter = LineFormatter("{asctime} {message}", style="{")
    assert formatter.format(record) == "2027-01-15T08:00:00.000Z x"
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR ", written("x"))


def test_the_log_goes_to_standard_error_and_nowhere_else():
    used = {name for logger in [settings.LOGGING["root"], *settings.LOGGING["loggers"].values()]
            for name in logger.get("handlers", ())}  # fmt: skip
    assert used == set(settings.LOGGING["handlers"]) == {"console"}
    assert settings.LOGGING["handlers"]["console"] == {"class": "logging.StreamHandler", "formatter": "line"}
