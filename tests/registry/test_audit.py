import ast
from pathlib import Path

import pytest

from registry import audit
from registry.audit import sentences
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


def recorded_actions():
    """The names of the actions that ``registry.audit`` records: literals, and those made of a principal's kind."""
    source = Path(audit.__file__).read_text()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [call.args[1] for call in calls if ast.unparse(call.func) == "record" and len(call.args) > 1]
    written = {name.value for name in names if isinstance(name, ast.Constant)}
    return written | {f"{verb}{kind}" for verb in ("create", "update", "delete") for kind in ("User", "Group")}


def test_every_event_has_a_sentence():
    assert len(recorded_actions()) > 40
    assert recorded_actions() - set(sentences._SENTENCES) == set()


def test_the_policy_of_a_tag_is_told_in_words(cast):
    tag_policies.create_tag_policy(
        actor=actor(cast.admin), tag_key="pii", description="", values=["yes"], assigners=["readers"]
    )
    event = AuditEvent.objects.get(action_name="createTagPolicy")
    assert sentences.sentence(event) == "governed the tag pii, which readers may assign"
