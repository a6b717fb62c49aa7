from pathlib import Path

import pytest

from registry import audit
from registry.audit import sentences
from registry.audit.actions import Action
from registry.models import AuditEvent
from registry.services.hierarchy import catalogs
from registry.services.labels import tag_policies
from tests.cast import actor


@pytest.fixture
def event(cast):
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, comment="x")
    return AuditEvent.objects.get()


def test_an_event_tells_who_did_what_to_what(event, cast):
    assert (event.actor, event.action_name, event.securable_type) == ("admin@example.com", "updateCatalog", "CATALOG")
    assert (event.securable_uid, event.securable_name, event.user_agent) == (cast.catalog.uid, "shop", "tests")
    assert event.parameters == {"name_arg": "shop", "comment": "x"}


def test_events_are_never_edited_or_deleted(event):
    with pytest.raises(TypeError):
        AuditEvent.objects.update(actor="somebody else")
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()


def test_an_event_outlives_what_it_tells_of(event, cast):
    cast.catalog.delete()
    cast.admin.delete()
    assert AuditEvent.objects.filter(actor="admin@example.com").exists()


def test_a_request_leaves_its_address_and_id(api, cast):
    answer = api(cast.admin)(
        "PATCH", "/api/2.1/unity-catalog/catalogs/shop", {"comment": "y"}, headers={"User-Agent": "x" * 600}
    )
    event = AuditEvent.objects.get()
    assert (event.source_address, event.request_id) == ("127.0.0.1", answer["X-Request-Id"])
    assert event.user_agent == "x" * 512


def test_every_action_is_recorded_and_told():
    """What an event needs is there: a function that records it, and words that are not its name."""
    source = "".join(
        module.read_text() for module in Path(audit.__file__).parent.glob("*.py") if module.stem != "actions"
    )
    assert [action.name for action in Action if f"Action.{action.name}" not in source] == []
    assert [action.name for action in Action if not action.words] == []


def test_readers_and_watchers_hear_of_what_is_about_an_object():
    assert [action for action in Action if action.audience and action.about is None] == []


def test_the_policy_of_a_tag_is_told_in_words(cast):
    tag_policies.create_tag_policy(
        actor=actor(cast.admin), tag_key="pii", description="", values=["yes"], assigners=["readers"]
    )
    event = AuditEvent.objects.get(action_name="createTagPolicy")
    assert sentences.sentence(event) == "governed the tag pii, which readers can assign"
