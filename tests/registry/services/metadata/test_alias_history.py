"""Which version an alias was, at any time."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from registry.exceptions import DoesNotExist, PermissionDenied
from registry.services.hierarchy import model_versions, registered_models
from registry.services.metadata import alias_history, aliases
from tests.cast import actor
from tests.factories import ModelVersionFactory

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def history(cast):
    """Champion is 1 on day 0, 3 on day 1 (as CHAMPION), gone on day 2, 3 again on day 3; version 3 goes on day 4."""
    third = ModelVersionFactory(registered_model=cast.model)
    owner = actor(cast.owner)
    with time_machine.travel(START, tick=False) as clock:
        aliases.set_registered_model_alias(actor=owner, model=cast.model, alias="Champion", version=1)
        clock.shift(timedelta(days=1))
        aliases.set_registered_model_alias(actor=owner, model=cast.model, alias="CHAMPION", version=third.version)
        aliases.set_registered_model_alias(actor=owner, model=cast.model, alias="beta", version=1)
        clock.shift(timedelta(days=1))
        aliases.delete_registered_model_alias(actor=owner, model=cast.model, alias="champion")
        clock.shift(timedelta(days=1))
        aliases.set_registered_model_alias(actor=owner, model=cast.model, alias="Champion", version=third.version)
        clock.shift(timedelta(days=1))
        model_versions.delete_model_version(actor=owner, version=third)
    return cast


def then(cast, days):
    found = alias_history.list_aliases_at(actor=actor(cast.reader), model=cast.model, at=START + timedelta(days=days))
    return {alias.name: alias.version for alias in found}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, {}),
        (0, {"Champion": 1}),
        (0.5, {"Champion": 1}),
        (1, {"CHAMPION": 3, "beta": 1}),
        (2, {"beta": 1}),
        (3, {"Champion": 3, "beta": 1}),
        (4, {"beta": 1}),
        (400, {"beta": 1}),
    ],
)
def test_aliases_as_they_were(history, days, expected):
    assert then(history, days) == expected


def by_alias(cast, user, days, alias="champion"):
    at = START + timedelta(days=days)
    return alias_history.get_model_version_by_alias_at(actor=actor(user), model=cast.model, alias=alias, at=at)


def test_the_version_of_then_is_found(history):
    assert by_alias(history, history.reader, 0.5) == history.version


def test_a_version_that_has_gone_is_named(history):
    with pytest.raises(DoesNotExist, match=r"was version 3 at 2026-01-04 00:00:00 UTC, which has been deleted since"):
        by_alias(history, history.reader, 3)


def test_an_alias_that_was_not_there_is_told(history):
    with pytest.raises(DoesNotExist, match="had no alias 'champion' at 2026-01-03"):
        by_alias(history, history.reader, 2)


def test_a_rename_keeps_the_history(history):
    registered_models.update_registered_model(actor=actor(history.admin), model=history.model, new_name="renamed")
    assert then(history, 1) == {"CHAMPION": 3, "beta": 1}


def test_whoever_may_not_read_the_model_is_refused(history):
    with pytest.raises(PermissionDenied):
        by_alias(history, history.browser, 0)
    with pytest.raises(DoesNotExist, match=r"'shop.ml.churn' does not exist"):
        by_alias(history, history.stranger, 0)


@pytest.mark.parametrize(
    "at", ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01T12:00", "1767268800000"]
)
def test_the_api_reads_every_way_to_write_a_time(api, history, at):
    path = "/api/2.1/unity-catalog/models/shop.ml.churn/aliases/champion"
    answer = api(history.reader)("GET", path + "?at=" + at.replace("+", "%2B"))
    assert answer.json()["version"] == 1
    assert api(history.reader).error("GET", f"{path}?at=yesterday") == (400, "INVALID_PARAMETER_VALUE")
    assert api(history.reader).error("GET", f"{path}?at={10**30}") == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"])
def test_times_at_the_edge_of_the_calendar_are_refused(api, cast, at):
    for path in (
        f"/api/2.1/unity-catalog/models/shop.ml.churn/aliases/a?at={at}",
        f"/api/2.1/catalog-explorer/audit-events?since={at}",
        f"/api/2.1/catalog-explorer/audit-events/export?until={at}",
    ):
        assert api(cast.reader).error("GET", path) == (400, "INVALID_PARAMETER_VALUE")
