"""Governed tags: who can assign them is listed in their policies, certification among them."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import EVERYONE, User
from registry import authorization
from registry.authorization import Operation
from registry.authorization.explaining import Basis, explain
from registry.exceptions import InvalidParameterValue, PermissionDenied, PrincipalDoesNotExist
from registry.models import AuditEvent
from registry.names import CERTIFICATION, FullName
from registry.services.finding import statements
from registry.services.hierarchy import model_versions, registered_models
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tag_policies, tags
from registry.services.labels.certification import certify
from registry.services.versions import copies
from tests.cast import actor, grant

POLICIES = "/api/2.1/tag-policies"


def govern(cast, *assigners, tag_key="approved"):
    return tag_policies.create_tag_policy(
        actor=actor(cast.admin), tag_key=tag_key, description="", values=["yes"], assigners=assigners
    )


def list_assigners(cast, *assigners, tag_key=CERTIFICATION):
    return tag_policies.update_tag_policy(actor=actor(cast.admin), tag_key=tag_key, assigners=assigners)


def test_an_owner_does_not_certify_its_own_model_if_the_policy_lists_others(cast):
    certify(actor=actor(cast.owner), securable=cast.model, status="certified")
    list_assigners(cast, "readers")
    for status in ("deprecated", ""):
        with pytest.raises(PermissionDenied, match=f"ASSIGN on Governed tag '{CERTIFICATION}'"):
            certify(actor=actor(cast.owner), securable=cast.model, status=status)
    assert cast.model.tags.get().value == "certified"


WAYS = {
    "set": lambda asking, model: tags.set_tag(actor=asking, subject=model, key=CERTIFICATION, value="certified"),
    "create": lambda asking, model: tags.create_tag(actor=asking, subject=model, key=CERTIFICATION, value="certified"),
    "remove": lambda asking, model: tags.delete_tag(actor=asking, subject=model, key=CERTIFICATION),
    "with others": lambda asking, model: tags.update_tags(
        actor=asking, subject=model, added={"k": "v", CERTIFICATION: "certified"}, removed=[]
    ),
    "all": lambda asking, model: tags.tag_all(actor=asking, subjects=[model], key=CERTIFICATION, value="certified"),
    "SQL": lambda asking, model: statements.execute_statement(
        actor=asking, text=f"SET TAG ON MODEL shop.ml.churn `{CERTIFICATION}` = 'certified'"
    ),
    "at its creation": lambda asking, model: registered_models.create_registered_model(
        actor=asking, full_name=FullName.parse("shop.ml.fresh"), model_tags={CERTIFICATION: "certified"}
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_way_of_tagging_leads_around_the_policy(cast, way):
    list_assigners(cast)
    grant(cast.owner, cast.schema, "CREATE MODEL")
    with pytest.raises(PermissionDenied, match="ASSIGN on Governed tag"):
        way(actor(cast.owner), cast.model)
    assert not cast.model.tags.exists()
    assert not cast.schema.registered_models.filter(name="fresh").exists()


def test_clients_are_refused_in_their_envelope(api, cast):
    list_assigners(cast)
    body = {"entity_type": "models", "entity_name": "shop.ml.churn", "tag_key": CERTIFICATION, "tag_value": "certified"}
    refused = api(cast.owner).error("POST", "/api/2.1/unity-catalog/entity-tag-assignments", body)
    assert refused == (403, "PERMISSION_DENIED")
    event = AuditEvent.objects.filter(result="DENIED").get()
    assert (event.actor, event.securable_name) == (cast.owner.user_name, "shop.ml.churn")


@pytest.mark.parametrize("listed", ["user", "group", "nested group", "everybody"])
def test_whoever_is_listed_may_if_they_may_tag_too(cast, listed):
    names = {"user": "reader@example.com", "group": "readers", "nested group": "everybody-in-sales",
             "everybody": EVERYONE}  # fmt: skip
    list_assigners(cast, names[listed])
    with pytest.raises(PermissionDenied, match="APPLY TAG"):
        certify(actor=actor(cast.reader), securable=cast.model, status="certified")
    grant(cast.reader, cast.model, "APPLY TAG")
    certify(actor=actor(cast.reader), securable=cast.model, status="certified")


def test_of_a_new_policy_nobody_is_listed_but_administrators_may(cast):
    govern(cast)
    with pytest.raises(PermissionDenied, match="ASSIGN on Governed tag 'approved'"):
        tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="approved", value="yes")
    tags.set_tag(actor=actor(cast.admin), subject=cast.version, key="approved", value="yes")
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="other", value="yes")


def test_versions_and_copies_carry_no_governed_tag_of_those_who_may_not_assign_it(cast):
    govern(cast, "owner@example.com")
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="approved", value="yes")
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="stage", value="gold")
    grant(cast.writer, cast.model, "EXECUTE")
    copy = copies.target_of(
        copies.copy_model_version(actor=actor(cast.writer), source=cast.version, destination=cast.model)
    )
    assert dict(copy.tags.values_list("key", "value")) == {"stage": "gold"}
    asked = {"version_tags": {"approved": "yes"}}
    with pytest.raises(PermissionDenied, match="ASSIGN"):
        copies.copy_model_version(
            actor=actor(cast.writer), source=cast.version, destination=cast.model, comment="2", **asked
        )
    with pytest.raises(PermissionDenied, match="ASSIGN"):
        model_versions.create_model_version(actor=actor(cast.writer), model=cast.model, origin=Origin(), **asked)


def test_the_pages_ask_the_same(as_user, cast):
    page = "/explore/data/models/shop/ml/churn"
    assert "Assign certification" in as_user(cast.owner).get(page).content.decode()
    list_assigners(cast, "readers")
    assert "Assign certification" not in as_user(cast.owner).get(page).content.decode()
    refused = as_user(cast.owner).post("/explore/objects/function/shop.ml.churn/certification", {"status": "certified"})
    assert "ASSIGN on Governed tag" in refused.content.decode()
    assert "can be granted by admin@example.com" in refused.content.decode()


def test_the_explanation_says_what_is_missing_and_who_can_give_it(as_user, api, cast):
    found = explain(cast.owner, Operation.CERTIFY, cast.model)
    assert found.allowed
    assert [reason.basis for reason in found.links[-1].reasons] == [Basis.ASSIGNER]
    list_assigners(cast, "readers")
    (missing,) = explain(cast.owner, Operation.CERTIFY, cast.model).missing
    assert (missing.words, [str(one) for one in missing.granters]) == (
        f"ASSIGN on Governed tag '{CERTIFICATION}'", ["admin@example.com"],
    )  # fmt: skip
    page = as_user(cast.owner).get(
        "/explore/data/models/shop/ml/churn",
        {"activeTab": "permissions", "principal": "owner@example.com", "operation": "CERTIFY"},
    )
    assert f'governed tag <span class="break">{CERTIFICATION}</span>' in page.content.decode()


def test_a_group_that_changes_changes_who_may(cast):
    list_assigners(cast, "readers")
    grant(cast.writer, cast.model, "APPLY TAG")
    assert not authorization.allows(actor(cast.writer), Operation.CERTIFY, cast.model)
    cast.writer.groups.add(Group.objects.get(name="readers"))
    assert authorization.allows(actor(cast.writer), Operation.CERTIFY, cast.model)


def test_an_account_that_goes_is_listed_no_more(cast):
    govern(cast, "reader@example.com", "readers")
    User.objects.get(user_name="reader@example.com").delete()
    assert [str(one) for one in tag_policies.get_tag_policy(tag_key="approved").assigners.all()] == ["readers"]


def test_of_a_system_tag_the_assigners_alone_are_changed(cast):
    for change in ({"values": ["gold"]}, {"description": "x"}):
        with pytest.raises(InvalidParameterValue, match="system tag"):
            tag_policies.update_tag_policy(actor=actor(cast.admin), tag_key=CERTIFICATION, **change)
    with pytest.raises(InvalidParameterValue, match="system tag"):
        tag_policies.delete_tag_policy(actor=actor(cast.admin), tag_key=CERTIFICATION)
    with pytest.raises(PermissionDenied):
        tag_policies.update_tag_policy(actor=actor(cast.owner), tag_key=CERTIFICATION, assigners=[EVERYONE])


def test_policies_are_told_and_changed_with_their_assigners(api, cast):
    made = api(cast.admin).ok("POST", POLICIES, {"tag_key": "k", "assigners": ["Reader@example.com", "readers"]})
    assert made["assigners"] == ["reader@example.com", "readers"]
    kept = api(cast.admin).ok("PATCH", f"{POLICIES}/k", {"description": "d"})
    assert (kept["description"], kept["assigners"]) == ("d", made["assigners"])
    changed = api(cast.admin).ok("PATCH", f"{POLICIES}/k?update_mask=assigners", {"assigners": ["readers"]})
    assert (changed["description"], changed["assigners"]) == ("d", ["readers"])
    listed = api(cast.stranger).ok("GET", POLICIES)["tag_policies"]
    assert {policy["tag_key"]: policy["assigners"] for policy in listed} == {
        "k": ["readers"],
        CERTIFICATION: [EVERYONE],
    }
    nobody = api(cast.admin).error("PATCH", f"{POLICIES}/k", {"assigners": ["nobody@example.com"]})
    assert nobody == (404, "PRINCIPAL_DOES_NOT_EXIST")
    events = AuditEvent.objects.filter(action_name="updateTagPolicy").order_by("pk")
    assert [event.parameters.get("assigners") for event in events] == [None, ["readers"]]


def test_an_unknown_assigner_changes_nothing(cast):
    govern(cast, "readers")
    with pytest.raises(PrincipalDoesNotExist):
        list_assigners(cast, "nobody", tag_key="approved")
    assert tag_policies.get_tag_policy(tag_key="approved").assigners.count() == 1


def test_administrators_choose_assigners_in_the_browser(as_user, cast):
    where = f"/settings/governed-tags/{CERTIFICATION}/assigners"
    assert EVERYONE in as_user(cast.reader).get("/settings/governed-tags").content.decode()
    as_user(cast.admin).post(where, {"assigners": "readers\n\n reader@example.com "})
    assigners = tag_policies.get_tag_policy(tag_key=CERTIFICATION).assigners.all()
    assert [str(one) for one in assigners] == ["readers", "reader@example.com"]
    refused = as_user(cast.owner).post(where, {"assigners": EVERYONE}).content.decode()
    assert "metastore administrators" in refused or "does not have" in refused
