"""Who reads which events; what is recorded of attempts that were denied."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Scope
from registry import audit, limits
from registry.actor import Actor
from registry.audit.actions import About
from registry.audit.sentences import sentence
from registry.denials import Denial, DenialKind
from registry.exceptions import DoesNotExist, PermissionDenied
from registry.models import AuditEvent, Catalog, LineageEdge, ModelVersion
from registry.privileges import Privilege, SecurableType
from registry.services.access import access_requests, grants
from registry.services.activity import audit_log
from registry.services.activity.audit_log import EventFilter
from registry.services.artifacts import transfer, uploads
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.labels import tags
from registry.services.metadata import aliases
from registry.services.people import groups, principals, tokens
from registry.services.shared import finders
from registry.services.versions import copies
from tests.cast import actor, grant

UC = "/api/2.1/unity-catalog"


def events(user, **filters):
    return list(audit_log.list_events(actor=actor(user), filters=EventFilter(**filters)))


def describe(cast, comment="x"):
    registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, comment=comment)


def denied():
    return AuditEvent.objects.filter(result=AuditEvent.Result.DENIED)


def test_a_denied_request_is_an_event_after_the_answer(api, cast):
    answer = api(cast.reader)(
        "PATCH", f"{UC}/models/shop.ml.churn", {"comment": "x"}, headers={"User-Agent": "probe/1"}
    )
    event = denied().get()
    assert (event.actor, event.action_name) == ("reader@example.com", "updateRegisteredModel")
    assert event.error_message == "User does not have MANAGE on Routine or Model 'shop.ml.churn'."
    assert (event.securable_uid, event.user_agent) == (cast.model.uid, "probe/1")
    assert (event.source_address, event.request_id) == ("127.0.0.1", answer["X-Request-Id"])


def test_a_look_at_what_is_hidden_is_an_event_and_one_at_nothing_is_none(api, cast):
    stranger = api(cast.stranger)
    stranger("GET", f"{UC}/models/shop.ml.nothing")
    assert not denied().exists()
    stranger("GET", f"{UC}/models/shop.ml.churn")
    event = denied().get()
    assert (event.action_name, event.securable_uid) == ("lookUp", cast.model.uid)


def test_a_denied_page_is_an_event(as_user, cast):
    as_user(cast.stranger).get("/explore/data/models/shop/ml/churn")
    as_user(cast.reader).post("/explore/objects/function/shop.ml.churn/rename", {"name": "mine"})
    assert set(denied().values_list("actor", "action_name")) == {
        ("stranger@example.com", "lookUp"), ("reader@example.com", "updateRegisteredModel"),
    }  # fmt: skip


def test_a_denied_change_leaves_its_event_alone(cast):
    asking = actor(cast.writer)
    with pytest.raises(PermissionDenied):
        copies.copy_model_version_to(actor=asking, source=cast.version, full_name=cast.name)
    audit.record_denials(asking)
    assert [event.result for event in AuditEvent.objects.all()] == ["DENIED"]
    audit.record_denials(asking)
    assert AuditEvent.objects.count() == 1


@time_machine.travel("2026-11-03T12:00:10Z", tick=False)
def test_denials_are_limited_for_each_principal_and_minute(cast):
    def deny(user):
        asking = actor(user)
        asking.denials.append(Denial(DenialKind.MISSING_PRIVILEGE, "x", SecurableType.CATALOG, "shop", "no"))
        audit.record_denials(asking)

    for _ in range(limits.DENIALS_PER_MINUTE + 5):
        deny(cast.stranger)
    deny(cast.reader)
    assert denied().filter(actor="stranger@example.com", action_name="x").count() == limits.DENIALS_PER_MINUTE
    assert denied().filter(actor="reader@example.com").count() == 1


@time_machine.travel("2026-11-03T12:00:10Z", tick=False)
def test_failed_sign_ins_under_a_name_leave_room_for_what_its_owner_is_denied(api, cast):
    for number in range(limits.DENIALS_PER_MINUTE + 9):
        name = "reader@example.com" if number % 2 else f"invented{number}@example.com"
        audit.sign_in_denied(Actor.of_nobody(_request(), name), "password")
    audit.write_pending()
    assert denied().filter(action_name="login").count() == limits.DENIALS_PER_MINUTE
    api(cast.reader)("DELETE", f"{UC}/models/shop.ml.churn")
    assert denied().filter(action_name="deleteRegisteredModel").count() == 1


def _request():
    from django.test import RequestFactory

    return RequestFactory().post("/login")


def test_a_narrow_token_and_an_owner_that_may_not_be_named_are_denials(client, cast):
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None, scope=Scope.READ)
    headers = {"Authorization": f"Bearer {secret}"}
    client.post("/api/2.0/token/create", "{}", content_type="application/json", headers=headers)
    asking = actor(cast.owner)
    with pytest.raises(PermissionDenied):
        registered_models.update_registered_model(actor=asking, model=cast.model, owner="reader@example.com")
    audit.record_denials(asking)
    assert set(denied().values_list("action_name", flat=True)) == {"manageOwnTokens", "changeOwner"}


def test_a_reading_token_writes_no_lineage(client, cast):
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None, scope=Scope.READ)
    entity = {"entities": [{"job": {"id": "evil"}}], "direction": "DOWNSTREAM"}
    body = {"name": "shop.ml.churn", "version": "1", "model_version_lineage_info": entity}
    answer = client.post(
        "/api/2.0/mlflow/unity-catalog/model-versions/emit-lineage", body, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert not LineageEdge.objects.exists()


def test_readers_do_not_see_who_downloads(cast):
    transfer.vend_credential(actor=actor(cast.owner), version=cast.version, write=False)
    seen = audit_log.list_activity(actor=actor(cast.reader), subject=cast.version, with_downloads=True)
    assert not seen.exists()
    owner = {"actor": actor(cast.owner), "subject": cast.version}
    assert audit_log.list_activity(**owner, with_downloads=True).count() == 1
    assert audit_log.list_activity(**owner, about=About.DOWNLOADS).count() == 1
    assert audit_log.list_activity(**owner).count() == 0


def test_a_registration_is_one_line_with_its_details_beside_it(api, cast):
    """As a client does it: create with tags, upload, finalize."""
    create = {"name": "shop.ml.churn", "source": "here", "tags": [{"key": "k", "value": "v"}]}
    made = api(cast.owner).ok("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", create)["model_version"]
    version = ModelVersion.objects.get(registered_model=cast.model, version=int(made["version"]))
    owner = actor(cast.owner)
    seen = {"actor": owner, "subject": version}
    assert [e.action_name for e in audit_log.list_activity(**seen)] == ["createModelVersion"]
    for path in ("MLmodel", "weights"):
        uploads.write_artifact(actor=owner, version=version, path=path, chunks=[b"x" * 600])
    model_versions.finalize_model_version(actor=owner, version=version)
    (line,) = audit_log.list_activity(**seen)
    assert sentence(line) == f"registered version {version.version}: 2 files, 1.17 KB"
    details = audit_log.details_of(**seen, events=[line])[version.uid]
    assert [e.action_name for e in details] == ["createModelVersion", "writeModelVersionArtifacts"]
    reader = {"actor": actor(cast.reader), "subject": version}
    details = audit_log.details_of(**reader, events=list(audit_log.list_activity(**reader)))[version.uid]
    assert [e.action_name for e in details] == ["createModelVersion"]


def test_granting_a_request_is_one_line(as_user, cast):
    asked = access_requests.request_access(
        actor=actor(cast.browser), securable=cast.model, privileges=[Privilege.EXECUTE]
    )
    admin = as_user(cast.admin)
    admin.post(f"/inbox/requests/{asked.uid}/grant")
    seen = audit_log.list_activity(actor=actor(cast.admin), subject=cast.model)
    names = [event.action_name for event in seen]
    assert names.count("decideAccessRequest") == 1
    assert "updatePermissions" not in names


def test_events_of_principals_tell_what_was_and_what_is(cast):
    readers = Group.objects.get(name="readers")
    principals.update_user(actor=actor(cast.admin), user=cast.writer, is_active=False, display_name="W")
    change = groups.GroupChange(add=groups.Members.of(cast.stranger))
    groups.change_group(actor=actor(cast.admin), group=groups.get_group(pk=readers.pk), changes=[change])
    user, group = AuditEvent.objects.filter(action_name__startswith="update").order_by("pk")
    assert user.parameters["changed"] == {"is_active": [True, False], "display_name": ["", "W"]}
    assert group.parameters["changed"] == [{"add": ["stranger@example.com"]}]


def test_managers_read_what_concerns_what_they_manage_and_nothing_else(cast):
    describe(cast)
    catalogs.create_catalog(actor=actor(cast.admin), name="other", with_default_schema=False)
    assert len(events(cast.admin)) == 2
    assert [event.action_name for event in events(cast.owner)] == ["updateRegisteredModel"]
    assert events(cast.reader) == events(cast.writer) == events(cast.browser) == events(cast.stranger) == []
    grant(cast.reader, cast.catalog, "MANAGE")
    assert len(events(cast.reader)) == 1


def test_events_of_what_is_deleted_stay_with_the_managers_of_its_container(cast):
    describe(cast)
    registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
    Catalog.objects.filter(pk=cast.catalog.pk).update(owner_user=cast.reader)
    assert [e.action_name for e in events(cast.reader)] == ["deleteRegisteredModel", "updateRegisteredModel"]
    assert events(cast.owner) == []


def test_a_name_that_is_made_again_has_none_of_the_old_events(cast):
    describe(cast)
    registered_models.delete_registered_model(actor=actor(cast.owner), model=cast.model)
    again = registered_models.create_registered_model(actor=actor(cast.writer), full_name=cast.name)
    assert [e.action_name for e in events(cast.writer, securable=again)] == ["createRegisteredModel"]


def test_filters(cast):
    describe(cast)
    aliases.set_registered_model_alias(actor=actor(cast.admin), model=cast.model, alias="A", version=1)
    assert len(events(cast.admin, principal="OWNER@example.com ")) == 1
    assert len(events(cast.admin, action_name="setRegisteredModelAlias")) == 1
    assert len(events(cast.admin, securable=cast.catalog)) == len(events(cast.admin, securable=cast.schema)) == 2
    assert len(events(cast.admin, securable=cast.version)) == 0
    now = timezone.now()
    assert events(cast.admin, since=now) == []
    assert len(events(cast.admin, until=now, since=now - timedelta(hours=1))) == 2
    assert events(cast.admin, result="DENIED") == []


def test_readers_see_changes_and_not_who_has_which_right(cast):
    describe(cast)
    change = grants.GrantChange(cast.stranger, add=(Privilege.EXECUTE,))
    grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=[change])
    asking = actor(cast.stranger)
    with pytest.raises(DoesNotExist):
        finders.get_registered_model(actor=asking, full_name=cast.name)
    audit.record_denials(asking)

    def activity(user, subject):
        return [e.action_name for e in audit_log.list_activity(actor=actor(user), subject=subject)]

    assert activity(cast.owner, cast.model) == ["lookUp", "updatePermissions", "updateRegisteredModel"]
    assert activity(cast.reader, cast.model) == ["updateRegisteredModel"]
    assert activity(cast.browser, cast.model) == []
    schemas.update_schema(actor=actor(cast.admin), schema=cast.schema, comment="x")
    assert activity(cast.reader, cast.schema) == ["updateSchema"]
    assert activity(cast.reader, cast.catalog) == []


def test_activity_is_narrowed_by_kind_and_by_person(cast):
    describe(cast)
    change = grants.GrantChange(cast.reader, add=(Privilege.APPLY_TAG,))
    grants.update_grants(actor=actor(cast.owner), securable=cast.model, changes=[change])
    tags.set_tag(actor=actor(cast.reader), subject=cast.model, key="k", value="v")

    def activity(user, **wanted):
        found = audit_log.list_activity(actor=actor(user), subject=cast.model, **wanted)
        return [event.action_name for event in found]

    assert activity(cast.owner, about=About.TAGS) == ["UpdateTagSecurableAssignments"]
    assert activity(cast.owner, about=About.ACCESS) == ["updatePermissions"]
    assert activity(cast.reader, about=About.ACCESS) == []
    assert activity(cast.owner, person="Reader@") == ["UpdateTagSecurableAssignments"]
    assert activity(cast.owner, about=About.NAMES, person="reader") == []
    assert activity(cast.owner, about=About.ALIASES) == []


def test_sources_and_entities_elsewhere_are_for_administrators(cast):
    hidden = AuditEvent(action_name="createModelVersion", parameters={"source": "models:/hidden.s.m/1", "run_id": "r"})
    lineage = AuditEvent(action_name="emitModelVersionLineage", parameters={"entities": ["TABLE:hidden.s.t"]})
    assert audit_log.told_parameters(actor=actor(cast.owner), event=hidden) == {"run_id": "r"}
    assert audit_log.told_parameters(actor=actor(cast.owner), event=lineage) == {}


def test_where_a_copy_came_from_is_for_administrators(cast):
    grant(cast.owner, cast.model, "EXECUTE")
    copies.copy_model_version(actor=actor(cast.owner), source=cast.version, destination=cast.model)
    (event,) = events(cast.owner, action_name="copyModelVersion")
    assert "source_full_name" not in audit_log.told_parameters(actor=actor(cast.owner), event=event)
    assert "source_full_name" in audit_log.told_parameters(actor=actor(cast.admin), event=event)
