"""Why, and what if."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import EVERYONE, User
from registry import authorization
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.kinds import kind_of
from registry.models import AuditEvent, Catalog, RegisteredModel, Schema
from registry.privileges import Privilege
from registry.services.access import explanations, grants
from registry.services.access.grants import GrantChange
from tests.cast import actor, experiment_of, external_of, grant, table_of
from tests.factories import RegisteredModelFactory, SchemaFactory


def explain(cast, principal, operation=Operation.READ_ARTIFACTS, *, asking=None, securable=None):
    return explanations.explain(
        actor=actor(asking or cast.admin), principal=principal, operation=operation, securable=securable or cast.model
    )


def test_an_allowed_operation_names_every_row_that_allows_it(cast):
    found = explain(cast, cast.reader)
    assert found.allowed
    told = [
        (link.words, [(r.basis.value, str(r.holder), r.securable.full_name) for r in link.reasons])
        for link in found.links
    ]
    assert told == [
        ("USE CATALOG on Catalog 'shop'", [("GRANT", "everybody-in-sales", "shop")]),
        ("USE SCHEMA on Schema 'shop.ml'", [("GRANT", "everybody-in-sales", "shop")]),
        ("EXECUTE on Routine or Model 'shop.ml.churn'", [("GRANT", "everybody-in-sales", "shop.ml.churn")]),
    ]


def test_what_is_missing_is_told_in_order_with_who_can_grant_it(cast):
    found = explain(cast, cast.stranger)
    assert not found.allowed
    assert [link.words for link in found.missing] == [
        "USE CATALOG on Catalog 'shop'",
        "USE SCHEMA on Schema 'shop.ml'",
        "EXECUTE on Routine or Model 'shop.ml.churn'",
    ]
    assert [[str(p) for p in link.granters] for link in found.missing] == [
        ["admin@example.com"],
        ["admin@example.com"],
        ["owner@example.com", "admin@example.com"],
    ]


def test_who_holds_manage_without_use_cannot_grant_and_is_not_named(cast):
    grant(cast.stranger, cast.model, "MANAGE")
    grant(cast.writer, cast.model, "MANAGE")
    (missing,) = explain(cast, cast.writer).missing
    assert [str(p) for p in missing.granters] == ["owner@example.com", "writer@example.com", "admin@example.com"]


def test_ownership_and_the_administrators_flag_are_reasons(cast):
    (reason,) = explain(cast, cast.owner).links[-1].reasons
    assert (reason.basis, reason.holder) == ("OWNERSHIP", cast.owner)
    (link,) = explain(cast, cast.admin, Operation.SET_ALIAS).links
    assert link.reasons[0].basis == "ADMINISTRATOR"
    assert not explain(cast, cast.admin, Operation.READ_ARTIFACTS).allowed


def test_a_rename_asks_for_the_right_to_create_too(cast):
    assert [link.words for link in explain(cast, cast.owner, Operation.RENAME_REGISTERED_MODEL).missing] == [
        "CREATE MODEL on Schema 'shop.ml'"
    ]


def test_a_group_is_explained_as_whoever_is_in_it(cast):
    assert explain(cast, Group.objects.get(name="readers")).allowed
    assert not explain(cast, Group.objects.get(name=EVERYONE)).allowed


def test_who_is_deactivated_may_nothing(cast):
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    found = explain(cast, User.objects.get(pk=cast.owner.pk))
    assert not found.allowed
    assert not found.missing


def test_about_others_one_asks_with_the_right_to_see_grants(cast):
    assert explain(cast, cast.reader, asking=cast.reader).allowed
    assert explain(cast, Group.objects.get(name="readers"), asking=cast.reader).allowed
    assert not explain(cast, cast.stranger, asking=cast.owner).allowed
    with pytest.raises(PermissionDenied):
        explain(cast, cast.stranger, asking=cast.reader)
    with pytest.raises(DoesNotExist):
        explain(cast, cast.reader, asking=cast.stranger)


def test_who_may_not_read_and_looks_all_the_same_is_told_to(cast):
    assert explain(cast, cast.browser, asking=cast.owner).is_visible
    assert not explain(cast, cast.stranger, asking=cast.owner).is_visible


def test_an_operation_that_is_not_asked_of_such_a_thing_is_refused(cast):
    with pytest.raises(InvalidParameterValue, match="is not asked of a Catalog"):
        explain(cast, cast.reader, Operation.SET_ALIAS, securable=cast.catalog)


def preview(cast, *changes, securable=None, asking=None, **options):
    return explanations.preview_grants(
        actor=actor(asking or cast.admin), securable=securable or cast.model, changes=list(changes), **options
    )


def effects(found):
    return {(effect.ability, effect.kind): effect.objects for effect in found}


def test_a_grant_on_one_model_tells_who_gains_what(cast):
    grant(cast.stranger, cast.catalog, "USE CATALOG", "USE SCHEMA")
    (impact,) = preview(cast, GrantChange(cast.stranger, add=(Privilege.EXECUTE,))).impacts
    assert impact.person == cast.stranger
    assert effects(impact.gains) == {
        ("see", "registered model"): 1,
        ("read everything about", "registered model"): 1,
        ("load", "registered model"): 1,
    }
    assert impact.loses == []


def test_a_grant_on_a_container_counts_what_lies_in_it(cast):
    RegisteredModelFactory(schema=cast.schema)
    RegisteredModelFactory(schema=SchemaFactory(catalog=cast.catalog))
    change = GrantChange(cast.reader, add=(Privilege.EXECUTE,))
    (impact,) = preview(cast, change, securable=cast.catalog).impacts
    assert effects(impact.gains)["load", "registered model"] == 2  # of three, one is readable already
    (impact,) = preview(cast, change, securable=cast.schema).impacts
    assert effects(impact.gains)["load", "registered model"] == 1


def test_a_revoke_tells_who_loses_what_and_who_keeps_it(cast):
    sales, readers = Group.objects.get(name="everybody-in-sales"), Group.objects.get(name="readers")
    cast.writer.groups.add(sales)
    grant(cast.writer, cast.model, "EXECUTE")
    found = preview(cast, GrantChange(sales, remove=(Privilege.EXECUTE,)))
    assert (found.people, found.looked_at) == (2, 2)
    assert [(i.person, effects(i.loses)["load", "registered model"]) for i in found.impacts] == [(cast.reader, 1)]
    assert preview(cast, GrantChange(readers, remove=(Privilege.EXECUTE,))).impacts == []


def test_gains_and_losses_of_one_change_are_told_apart(cast):
    """Without USE SCHEMA on the catalog, models of one schema are lost; EXECUTE on it opens those of another."""
    other = RegisteredModelFactory(schema=SchemaFactory(catalog=cast.catalog))
    grant(cast.reader, other.schema, "USE SCHEMA")
    change = GrantChange(
        Group.objects.get(name="everybody-in-sales"), add=(Privilege.EXECUTE,), remove=(Privilege.USE_SCHEMA,)
    )
    (impact,) = preview(cast, change, securable=cast.catalog).impacts
    assert effects(impact.gains)["load", "registered model"] == 1
    assert effects(impact.loses)["load", "registered model"] == 1


@pytest.mark.parametrize("securable", ["catalog", "schema", "model"])
def test_a_preview_writes_nothing_and_locks_nothing(cast, securable):
    with CaptureQueriesContext(connection) as queries:
        preview(
            cast,
            GrantChange(cast.stranger, add=(Privilege.MANAGE,)),
            securable=cast[securable],
            with_prerequisites=True,
        )
    assert all(query["sql"].startswith("SELECT") or " UNION " in query["sql"] for query in queries)
    assert not any("FOR UPDATE" in query["sql"] or "FOR NO KEY" in query["sql"] for query in queries)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("securable", ["catalog", "schema", "model"])
@pytest.mark.parametrize("member", ["reader", "stranger", "writer"])
def test_what_a_preview_supposes_is_what_the_change_brings(cast, securable, member):
    subject, person, sales = cast[securable], cast[member], Group.objects.get(name="everybody-in-sales")
    changes = [
        GrantChange(person, add=(Privilege.MANAGE, Privilege.APPLY_TAG)),
        GrantChange(sales, remove=(Privilege.EXECUTE, Privilege.ALL_PRIVILEGES)),
        GrantChange(sales, add=(Privilege.CREATE_MODEL_VERSION,)),
    ]

    def rights(asking):
        rows = {Catalog: cast.catalog, Schema: cast.schema, RegisteredModel: cast.model}
        asked = [row for kind, row in rows.items() if kind is type(subject) or securable == "catalog"]
        return [authorization.allowed(asking, kind_of(row).operations, row) for row in asked]

    supposed, admin = actor(person), actor(cast.admin)
    deltas = grants.planned_deltas(actor=admin, securable=subject, changes=changes, with_prerequisites=True)
    on_single = explanations._grants_on_single(subject)
    authorization.gather_as_if([supposed], None, deltas, on_single)
    before, expected = rights(actor(person)), rights(supposed)
    grants.update_grants(actor=admin, securable=subject, changes=changes, with_prerequisites=True)
    assert rights(actor(person)) == expected != before


def test_a_preview_wants_the_right_to_grant(cast):
    with pytest.raises(PermissionDenied):
        preview(cast, GrantChange(cast.stranger, add=(Privilege.MANAGE,)), asking=cast.reader)


def test_many_people_are_counted_and_the_first_looked_at(cast, monkeypatch):
    monkeypatch.setattr(explanations, "PEOPLE", 3)
    found = preview(
        cast, GrantChange(Group.objects.get(name=EVERYONE), add=(Privilege.BROWSE,)), securable=cast.catalog
    )
    assert (found.people, found.looked_at) == (6, 3)


@pytest.mark.parametrize("securable", ["catalog", "model"])
def test_many_people_cost_no_more_queries_and_are_told_alike_in_pieces(cast, monkeypatch, securable):
    sales = Group.objects.get(name="everybody-in-sales")
    subject, changes = getattr(cast, securable), [GrantChange(sales, add=(Privilege.MANAGE,))]

    def told():
        with CaptureQueriesContext(connection) as queries:
            found = preview(cast, *changes, securable=subject)
        return [(impact.person.user_name, effects(impact.gains)) for impact in found.impacts], len(queries)

    _, few = told()
    for number in range(15):
        User.objects.create_user(f"person{number:02}@example.com").groups.add(sales)
    people, many = told()
    assert len(people) == 16
    assert many <= few
    assert people[0][1]["manage", "registered model"] == 1
    monkeypatch.setattr(explanations, "_VALUES", 40)
    assert told()[0] == people


@pytest.mark.parametrize("kind", ["table", "external metadata", "experiment"])
def test_a_grant_on_what_contains_nothing_is_previewed_too(cast, kind):
    """On it alone: that of an experiment told nobody anything, since its grants were taken for a container's."""
    single, privilege = {
        "table": (table_of, Privilege.SELECT), "external metadata": (external_of, Privilege.MODIFY),
        "experiment": (experiment_of, Privilege.CAN_READ),
    }[kind]  # fmt: skip
    row = single(cast)
    grant(cast.stranger, cast.catalog, "USE CATALOG", "USE SCHEMA")
    change = GrantChange(cast.stranger, add=(privilege,))
    found = explanations.preview_grants(actor=actor(cast.owner), securable=row, changes=[change])
    (impact,) = found.impacts
    assert (impact.person, impact.gains[0].ability) == (cast.stranger, "see")
    assert not authorization.is_visible(actor(cast.stranger), row)
