"""Would the tests notice? Every rule is replaced by «everyone» and by «nobody», and the world must object.

Where it does, the state machine does: it asks the same question of the same world, thousands of times.
"""

import pytest

from registry import authorization
from registry.authorization import Operation
from registry.models import Metastore
from tests import cast as casting
from tests.cast import actor
from tests.oracle.world import OPERATIONS, Object, World

pytestmark = pytest.mark.large

PEOPLE = ("admin", "owner", "writer", "reader", "browser", "stranger")


@pytest.fixture
def both(cast):
    """The rows of the cast, and a world in which the same people hold the same."""
    world = World()
    shop = Object("catalog", "shop", world.metastore)
    ml = Object("schema", "ml", shop)
    churn = Object("model", "churn", ml, owner="owner@example.com")
    runs = Object("experiment", "runs", owner="owner@example.com")
    sales = Object("table", "sales", ml, owner="owner@example.com")
    dashboard = Object("external", "dashboard", owner="owner@example.com")
    world.objects += [shop, ml, churn, runs, sales, dashboard]
    world.users, world.administrators = {f"{name}@example.com" for name in PEOPLE}, {"admin@example.com"}
    world.members = {("reader@example.com", "readers"), ("readers", "everybody-in-sales")}
    for who in ("everybody-in-sales", "owner@example.com", "writer@example.com"):
        world.grants |= {(who, "USE CATALOG", shop.key), (who, "USE SCHEMA", shop.key)}
    world.grants |= {
        ("everybody-in-sales", "EXECUTE", churn.key),
        ("writer@example.com", "CREATE MODEL", shop.key),
        ("writer@example.com", "CREATE MODEL VERSION", shop.key),
        ("browser@example.com", "BROWSE", shop.key),
        ("writer@example.com", "CAN EDIT", runs.key),
        ("readers", "CAN READ", runs.key),
        ("everybody-in-sales", "SELECT", sales.key),
        ("readers", "BROWSE", dashboard.key),
    }
    elsewhere = casting.experiment_of(cast), casting.table_of(cast), casting.external_of(cast)
    rows = (Metastore.current(), cast.catalog, cast.schema, cast.model, *elsewhere)
    return [cast[name] for name in PEOPLE], world, dict(zip(world.objects, rows, strict=True))


def disagreements(people, world, rows, operations=tuple(Operation)):
    """Every (user, operation, object) on which the product, by point or by list, and the world differ."""
    found, names = [], {operation.name for operation in operations}
    for thing, row in rows.items():
        for operation in names & OPERATIONS[thing.kind].keys():
            may = OPERATIONS[thing.kind][operation]
            for user in people:
                asking, asked, expected = actor(user), Operation[operation], may(world, user.user_name, thing)
                answers = {authorization.allows(asking, asked, row)}
                if thing.kind != "metastore":
                    listed = authorization.permitted(asking, asked, type(row).objects.filter(pk=row.pk))
                    answers.add(listed.exists())
                if answers != {expected}:
                    found.append((user, asked, thing))
    return found


def test_the_cast_and_its_world_agree(both):
    assert all(set(asked) <= Operation.__members__.keys() for asked in OPERATIONS.values())
    assert disagreements(*both) == []


LISTED = [o for o in Operation if any(o.name in asked for kind, asked in OPERATIONS.items() if kind != "metastore")]
"""Operations of which there are lists: there is one metastore."""


@pytest.mark.parametrize(("way", "operation"), [("allows", o) for o in Operation] + [("permitted", o) for o in LISTED])
@pytest.mark.parametrize("planted", ["everyone", "nobody"])
def test_a_rule_that_is_replaced_is_noticed(both, monkeypatch, operation, planted, way):
    """A point check that goes wrong is noticed, and a list that does."""
    real = getattr(authorization, way)

    def buggy(asking, asked, rows, **options):
        if asked != operation:
            return real(asking, asked, rows, **options)
        if way == "allows":
            return planted == "everyone"
        return rows if planted == "everyone" else rows.none()

    monkeypatch.setattr(authorization, way, buggy)
    assert disagreements(*both, [operation])
