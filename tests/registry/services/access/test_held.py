"""What a principal holds, wherever it was granted, as far as others may know."""

import pytest
from django.contrib.auth.models import Group

from registry.exceptions import InvalidParameterValue
from registry.models import Metastore
from registry.privileges import Privilege
from registry.services.access import held
from registry.services.access.grants import GrantChange, update_grants
from tests.cast import actor, grant


def holdings(cast, member, principal):
    rows = held.list_grants_to(actor=actor(cast[member]), principal=principal)
    return {(row.privilege.words, row.granted_on.full_name) for row in rows}


def test_everything_that_was_granted_to_somebody_is_listed_for_them_and_for_administrators(cast):
    grant(cast.stranger, cast.model, "EXECUTE")
    grant(cast.stranger, cast.schema, "USE SCHEMA")
    grant(cast.stranger, cast.catalog, "USE CATALOG")
    change = GrantChange(cast.stranger, add=(Privilege.CREATE_CATALOG,))
    update_grants(actor=actor(cast.admin), securable=Metastore.current(), changes=[change])
    expected = {
        ("EXECUTE", "shop.ml.churn"), ("USE SCHEMA", "shop.ml"), ("USE CATALOG", "shop"),
        ("CREATE CATALOG", Metastore.current().full_name),
    }  # fmt: skip
    assert holdings(cast, "stranger", cast.stranger) == expected
    assert holdings(cast, "admin", cast.stranger) == expected


def test_what_is_hidden_from_its_holder_is_not_named(cast):
    grant(cast.stranger, cast.model, "EXECUTE")
    assert holdings(cast, "stranger", cast.stranger) == set()
    assert holdings(cast, "admin", cast.stranger) == {("EXECUTE", "shop.ml.churn")}


def test_too_many_are_refused_by_words_and_not_cut(cast, monkeypatch):
    monkeypatch.setattr(held, "MOST", 0)
    grant(cast.stranger, cast.model, "EXECUTE")
    with pytest.raises(InvalidParameterValue, match="ON one of them"):
        holdings(cast, "admin", cast.stranger)


def test_others_see_what_was_granted_on_objects_that_they_manage(cast):
    grant(cast.stranger, cast.model, "EXECUTE")
    grant(cast.stranger, cast.schema, "USE SCHEMA")
    assert holdings(cast, "owner", cast.stranger) == {("EXECUTE", "shop.ml.churn")}
    assert holdings(cast, "reader", cast.stranger) == set()


def test_members_see_what_their_group_holds(cast):
    readers = Group.objects.get(name="everybody-in-sales")
    own = holdings(cast, "reader", readers)
    assert own == holdings(cast, "admin", readers)
    assert own
    assert holdings(cast, "stranger", readers) == set()
