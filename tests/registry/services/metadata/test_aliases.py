import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.models import AuditEvent
from registry.services.metadata import aliases
from tests.cast import actor
from tests.factories import ModelVersionFactory


@pytest.fixture
def second(cast):
    cast.pending.delete()
    return ModelVersionFactory(registered_model=cast.model)


def put(user, cast, alias, version):
    return aliases.set_registered_model_alias(actor=actor(user), model=cast.model, alias=alias, version=version)


def test_an_alias_moves_and_the_event_tells_from_where(cast, second):
    put(cast.owner, cast, "Champion", 1)
    put(cast.owner, cast, "Champion", second.version)
    found = aliases.get_model_version_by_alias(actor=actor(cast.reader), full_name=cast.name, alias="Champion")
    assert found == second
    moved = AuditEvent.objects.filter(action_name="setRegisteredModelAlias").first()
    assert (moved.parameters["previous_version_num"], moved.parameters["version_num"]) == (1, second.version)


def test_an_alias_keeps_its_case_and_is_found_without_it(cast):
    put(cast.owner, cast, "Champion", 1)
    put(cast.owner, cast, "CHAMPION", 1)
    assert [alias.name for alias in cast.model.aliases.all()] == ["CHAMPION"]
    assert (
        aliases.get_model_version_by_alias(actor=actor(cast.owner), full_name=cast.name, alias="champion").version == 1
    )


def test_an_alias_is_found_in_every_spelling_of_its_letters(cast):
    put(cast.owner, cast, "e\u0301", 1)
    for spelling in ("e\u0301", "\u00e9", "\u00c9"):
        assert (
            aliases.get_model_version_by_alias(actor=actor(cast.owner), full_name=cast.name, alias=spelling).version
            == 1
        )
    aliases.delete_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="e\u0301")
    assert not cast.model.aliases.exists()


def test_a_model_has_at_most_ten_aliases(cast):
    for number in range(10):
        put(cast.owner, cast, f"a{number}", 1)
    with pytest.raises(InvalidParameterValue, match="10 aliases"):
        put(cast.owner, cast, "eleven", 1)
    put(cast.owner, cast, "a0", 2)


def test_an_alias_needs_a_version(cast):
    with pytest.raises(DoesNotExist):
        put(cast.owner, cast, "Champion", 99)


def test_whoever_may_only_add_versions_may_not_move_aliases(cast):
    with pytest.raises(PermissionDenied, match="MANAGE on Routine or Model"):
        put(cast.writer, cast, "Champion", 1)


def test_a_stranger_cannot_learn_of_aliases(cast):
    put(cast.owner, cast, "Champion", 1)
    for alias in ("Champion", "nothing"):
        with pytest.raises(DoesNotExist, match="Routine or Model 'shop.ml.churn' does not exist"):
            aliases.get_model_version_by_alias(actor=actor(cast.stranger), full_name=cast.name, alias=alias)


def test_deleting_an_alias_that_is_not_there_is_no_error_and_no_event(cast):
    put(cast.owner, cast, "Champion", 1)
    aliases.delete_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="champion")
    aliases.delete_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="champion")
    assert AuditEvent.objects.filter(action_name="deleteRegisteredModelAlias").count() == 1
