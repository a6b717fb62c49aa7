"""External metadata and external lineage, as databricks-sdk asks for them."""

import pytest

from accounts.models import PersonalAccessToken, Scope
from registry.audit import sentences
from registry.models import AuditEvent, ExternalMetadata, LineageEdge, LineageNode, Relationship
from registry.services.activity import audit_log
from registry.services.hierarchy import external_metadata
from tests.cast import actor, external_of, grant, table_of

META, LINEAGE = "/api/2.0/lineage-tracking/external-metadata", "/api/2.0/lineage-tracking/external-lineage"
TOPIC = {"name": "Orders", "system_type": "KAFKA", "entity_type": "Topic", "url": "https://kafka/orders"}
VERSION = {"model_version": {"name": "shop.ml.churn", "version": "1"}}
DASHBOARD = {"external_metadata": {"name": "dashboard"}}
TABLE = {"table": {"name": "shop.ml.sales"}}


def around(kind, name, direction, **more):
    asked = {f"object_info.{kind}.name": name, "lineage_direction": direction, **more}
    return f"{LINEAGE}?" + "&".join(f"{key}={value}" for key, value in asked.items())


def names(answer):
    return [
        info.get("model_info", {}).get("model_name")
        or info.get("external_metadata_info", {}).get("name")
        or info.get("table_info", {}).get("name")
        or info["file_info"]["path"]
        for info in answer["external_lineage_relationships"]
    ]


def test_external_metadata_is_created_changed_and_deleted(api, cast):
    admin = api(cast.admin)
    made = admin.ok("POST", META, {**TOPIC, "columns": ["id"], "properties": {"team": "risk"}, "description": "x"})
    assert (made["name"], made["owner"], made["columns"]) == ("orders", "admin@example.com", ["id"])
    assert admin.error("POST", META, TOPIC) == (400, "RESOURCE_ALREADY_EXISTS")
    changed = admin.ok("PATCH", f"{META}/orders?update_mask=columns,description", {**TOPIC, "description": "y"})
    assert (changed["columns"], changed["description"], changed["url"]) == ([], "y", "https://kafka/orders")
    assert admin.ok("PATCH", f"{META}/orders?update_mask=owner", {"owner": "owner@example.com"})["owner"] == (
        "owner@example.com"
    )
    assert [m["name"] for m in api(cast.stranger).ok("GET", META)["external_metadata"]] == ["orders"]  # BROWSE
    api(cast.owner).ok("DELETE", f"{META}/orders")
    assert admin.error("GET", f"{META}/orders") == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"system_type": "EXCEL"}, "EXCEL"),
        ({"url": "https://me:secret@kafka"}, "password"),
        ({"url": "kafka"}, "address"),
        ({"name": "a.b"}, "name"),
        ({"entity_type": " "}, "blank"),
        ({"columns": ["\n"]}, "columns"),
    ],
)
def test_what_external_metadata_cannot_be(api, cast, change, word):
    answer = api(cast.admin)("POST", META, {**TOPIC, **change})
    assert (answer.status_code, word in answer.json()["message"]) == (400, True), answer.json()
    assert not ExternalMetadata.objects.exists()


def test_a_mask_changes_what_it_names_and_nothing_else(api, cast):
    external_of(cast)
    owner = api(cast.owner)
    for mask in ("name", "metastore_id", "system_type"):
        assert owner.error("PATCH", f"{META}/dashboard?update_mask={mask}", {}) == (400, "INVALID_PARAMETER_VALUE")
    assert owner.error("PATCH", f"{META}/dashboard", {"name": "other"}) == (400, "INVALID_PARAMETER_VALUE")
    told = owner.ok("PATCH", f"{META}/dashboard?update_mask=url", {"url": "https://x/y", "description": "not this"})
    assert (told["url"], told["description"]) == ("https://x/y", "")


def test_a_consumer_is_declared_and_found_from_both_sides(api, cast):
    external_of(cast)
    owner, reader = api(cast.owner), api(cast.reader)
    made = owner.ok("POST", LINEAGE, {"source": VERSION, "target": DASHBOARD, "properties": {"by": "hand"}})
    assert owner.error("POST", LINEAGE, {"source": VERSION, "target": DASHBOARD})[1] == "RESOURCE_ALREADY_EXISTS"
    asked = f"{LINEAGE}?object_info.model_version.name=shop.ml.churn&object_info.model_version.version=1"
    (found,) = reader.ok("GET", f"{asked}&lineage_direction=DOWNSTREAM")["external_lineage_relationships"]
    assert found["external_lineage_info"] == made
    assert found["external_metadata_info"]["system_type"] == "TABLEAU"
    assert names(reader.ok("GET", around("external_metadata", "dashboard", "UPSTREAM"))) == ["shop.ml.churn"]
    assert reader.ok("GET", f"{asked}&lineage_direction=UPSTREAM") == {"external_lineage_relationships": []}
    pair = [{"source": "score", "target": "risk"}]
    changed = owner.ok("PATCH", f"{LINEAGE}?update_mask=columns", {
        "source": VERSION, "target": DASHBOARD, "columns": pair, "id": made["id"],
    })  # fmt: skip
    assert (changed["columns"], changed["properties"]) == (pair, {"by": "hand"})
    gone = "external_lineage_relationship"
    path = (
        f"{LINEAGE}?{gone}.source.model_version.name=shop.ml.churn&{gone}.source.model_version.version=1"
        f"&{gone}.target.external_metadata.name=dashboard"
    )
    assert owner.error("DELETE", f"{path}&{gone}.id=another")[0] == 404
    owner.ok("DELETE", path)
    assert not Relationship.objects.exists()
    assert not LineageEdge.objects.filter(kind="RELATED").exists()


def test_who_draws_needs_modify_and_to_read_or_write_the_other_end(api, cast):
    external_of(cast)
    out, into = {"source": VERSION, "target": DASHBOARD}, {"source": DASHBOARD, "target": VERSION}
    assert api(cast.reader).error("POST", LINEAGE, out) == (403, "PERMISSION_DENIED")
    grant(cast.reader, ExternalMetadata.objects.get(), "MODIFY")
    api(cast.reader).ok("POST", LINEAGE, out)
    assert api(cast.reader).error("POST", LINEAGE, into) == (403, "PERMISSION_DENIED")
    assert api(cast.stranger).error("POST", LINEAGE, into)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"source": VERSION, "target": VERSION},
        {"source": {"path": {"url": "s3://a"}}, "target": {"path": {"url": "s3://b"}}},
        {"source": {"table": {"name": "a.b.c"}}, "target": {"path": {"url": "s3://b"}}},
        {"source": {}, "target": VERSION},
        {"source": {**VERSION, **TABLE}, "target": DASHBOARD},
        {"source": {"path": {"url": "\n"}}, "target": VERSION},
        {"source": {"path": {"url": "s3://a"}}, "target": VERSION, "id": "mine"},
    ],
)
def test_what_is_no_relationship(api, cast, body):
    external_of(cast)
    assert api(cast.admin).error("POST", LINEAGE, body) == (400, "INVALID_PARAMETER_VALUE")


def test_a_neighbour_that_one_may_not_know_is_left_out(api, cast):
    external_of(cast)
    table_of(cast)
    for target in (TABLE, VERSION):
        api(cast.admin).ok("POST", LINEAGE, {"source": DASHBOARD, "target": target})
    grant(cast.stranger, ExternalMetadata.objects.get(), "BROWSE")
    downstream = around("external_metadata", "dashboard", "DOWNSTREAM", page_size=1)
    assert api(cast.stranger).ok("GET", downstream) == {"external_lineage_relationships": []}
    first = api(cast.reader).ok("GET", downstream)
    second = api(cast.reader).ok("GET", f"{downstream}&page_token={first['next_page_token']}")
    assert names(first) + names(second) == ["sales", "shop.ml.churn"]


def test_the_lineage_of_what_was_deleted_stays_for_who_has_told_it(api, cast):
    metadata = external_of(cast)
    api(cast.owner).ok("POST", LINEAGE, {"source": VERSION, "target": DASHBOARD})
    external_metadata.delete_external_metadata(actor=actor(cast.owner), metadata=metadata)
    assert LineageNode.objects.get(kind="EXTERNAL").is_deleted

    def downstream(user):
        asked = "/api/2.1/catalog-explorer/impact?version=shop.ml.churn/1"
        answer = api(user).ok("GET", asked)
        return [(d["name"], d["is_deleted"]) for d in answer["dependants"]], answer["hides_something"]

    assert downstream(cast.owner) == ([("dashboard", True)], False)
    assert downstream(cast.reader) == ([], True)


@pytest.mark.parametrize("name", ["vault.x.t", "shop.ml.sales", "shop.ml.nothing"])
def test_nobody_learns_by_drawing_what_others_have_drawn(api, cast, name):
    """Of a table that one may not know of, as of one that there is not: each draws it for oneself."""
    table_of(cast)
    body = {"source": {"table": {"name": name}}, "target": VERSION}
    api(cast.owner).ok("POST", LINEAGE, body)
    writer, asked = api(cast.writer), f"{LINEAGE}?object_info.model_version.name=shop.ml.churn"
    asked += "&object_info.model_version.version=1&lineage_direction=UPSTREAM"
    is_seen = name == "shop.ml.nothing"  # a name alone, in a catalog that is seen
    assert names(writer.ok("GET", asked)) == ["nothing"] * is_seen
    writer.ok("POST", LINEAGE, body)
    assert writer.error("POST", LINEAGE, body)[1] == "RESOURCE_ALREADY_EXISTS"
    assert names(writer.ok("GET", asked)) == [name.split(".")[2]] * (1 + is_seen)
    gone = "external_lineage_relationship"
    path = f"{LINEAGE}?{gone}.source.table.name={name}&{gone}.target.model_version.name=shop.ml.churn"
    writer.ok("DELETE", f"{path}&{gone}.target.model_version.version=1")
    assert writer.error("DELETE", f"{path}&{gone}.target.model_version.version=1")[0] == 404
    assert len(names(api(cast.admin).ok("GET", asked))) == 1


def test_a_name_that_somebody_guesses_shows_nothing_that_others_have_drawn_at_it(api, cast):
    api(cast.admin).ok("POST", LINEAGE, {"source": {"table": {"name": "vault.hr.pay"}}, "target": VERSION})
    for name in ("vault.hr.pay", "vault.hr.nothing"):
        assert api(cast.reader).ok("GET", around("table", name, "DOWNSTREAM")) == {"external_lineage_relationships": []}
    assert names(api(cast.admin).ok("GET", around("table", "vault.hr.pay", "DOWNSTREAM"))) == ["shop.ml.churn"]


def test_a_token_to_read_draws_nothing(api, cast):
    out = {"source": VERSION, "target": {"path": {"url": "s3://x"}}}
    _, secret = PersonalAccessToken.objects.issue(cast.owner, scope=Scope.READ)
    headers = {"Authorization": f"Bearer {secret}"}
    gone = {"external_lineage_relationship": out}
    for method, body in (("POST", out), ("PATCH", {**out, "columns": []}), ("DELETE", gone)):
        assert api()(method, LINEAGE, body, headers=headers).status_code == 403
    assert not Relationship.objects.exists()


def test_who_may_only_read_changes_nothing_that_others_have_drawn(api, cast):
    out = {"source": VERSION, "target": {"path": {"url": "s3://x"}}}
    api(cast.owner).ok("POST", LINEAGE, out)
    assert api(cast.reader).error("POST", LINEAGE, out)[1] == "RESOURCE_ALREADY_EXISTS"
    assert api(cast.reader).error("PATCH", LINEAGE, {**out, "columns": []}) == (403, "PERMISSION_DENIED")
    gone = {"external_lineage_relationship": out}
    assert api(cast.reader).error("DELETE", LINEAGE, gone) == (403, "PERMISSION_DENIED")
    api(cast.writer).ok("DELETE", LINEAGE, gone)
    api(cast.reader).ok("POST", LINEAGE, out)
    api(cast.reader).ok("DELETE", LINEAGE, gone)


def test_events_name_nothing_that_the_graph_hides(api, cast):
    table_of(cast)
    api(cast.owner).ok("POST", LINEAGE, {"source": TABLE, "target": VERSION})
    event = AuditEvent.objects.get(action_name="createExternalLineage")
    assert "sales" not in sentences.sentence(event)
    told = audit_log.told_parameters(actor=actor(cast.writer), event=event)
    assert "sales" not in str(told)


def test_a_property_has_a_plain_key(api, cast):
    answer = api(cast.admin)("POST", META, {**TOPIC, "properties": {"a\0": "x"}})
    assert (answer.status_code, "plain" in answer.json()["message"]) == (400, True)
