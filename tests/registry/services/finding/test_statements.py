"""Statements do what their services do, with their rights and their events."""

import pytest

from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    PermissionDenied,
    PrincipalDoesNotExist,
)
from registry.models import AuditEvent
from registry.services.finding.statements import execute_statement
from tests.cast import actor, grant


def run(user, text, **place):
    return execute_statement(actor=actor(user), text=text, **place)


def rows(user, text, **place):
    return [list(row) for row in run(user, text, **place).rows]


def test_grant_show_and_revoke(cast):
    run(cast.owner, "GRANT EXECUTE, APPLY TAG ON MODEL shop.ml.churn TO `stranger@example.com`")
    shown = rows(cast.owner, "SHOW GRANTS `stranger@example.com` ON FUNCTION shop.ml.churn")
    assert shown == [
        ["stranger@example.com", "APPLY TAG", "FUNCTION", "shop.ml.churn"],
        ["stranger@example.com", "EXECUTE", "FUNCTION", "shop.ml.churn"],
    ]
    run(cast.owner, "REVOKE ALL PRIVILEGES ON MODEL shop.ml.churn FROM `stranger@example.com`")
    assert rows(cast.owner, "SHOW GRANTS `stranger@example.com` ON FUNCTION shop.ml.churn") == []
    assert AuditEvent.objects.filter(action_name="updatePermissions", actor="owner@example.com").count() == 2


def test_show_grants_tells_what_is_inherited_and_through_which_group(cast):
    everywhere = rows(cast.admin, "SHOW GRANTS `writer@example.com`")
    assert ["writer@example.com", "CREATE MODEL VERSION", "CATALOG", "shop"] in [list(row) for row in everywhere]
    shown = rows(cast.admin, "SHOW GRANTS `reader@example.com` ON MODEL shop.ml.churn")
    assert shown == [["everybody-in-sales", "EXECUTE", "FUNCTION", "shop.ml.churn"]]
    shown = rows(cast.admin, "SHOW GRANTS `writer@example.com` ON MODEL shop.ml.churn")
    assert shown == [["writer@example.com", "CREATE MODEL VERSION", "CATALOG", "shop"]]


def test_owner_comment_and_tags(cast):
    run(cast.admin, "ALTER CATALOG shop OWNER TO `reader@example.com`")
    run(cast.admin, "ALTER SCHEMA shop.ml SET OWNER TO readers")
    run(cast.admin, "ALTER MODEL shop.ml.churn OWNER TO `writer@example.com`")
    run(cast.admin, "COMMENT ON SCHEMA shop.ml IS 'Models'")
    run(cast.admin, "SET TAG ON MODEL shop.ml.churn stage = live")
    told = dict(rows(cast.admin, "DESCRIBE MODEL shop.ml.churn"))
    assert (told["Owner"], told["Tags"]) == ("writer@example.com", "stage:live")
    assert dict(rows(cast.admin, "DESCRIBE SCHEMA shop.ml"))["Comment"] == "Models"
    assert dict(rows(cast.admin, "DESCRIBE CATALOG shop"))["Owner"] == "reader@example.com"
    with pytest.raises(AlreadyExists):
        run(cast.admin, "SET TAG ON MODEL shop.ml.churn stage = other")
    run(cast.admin, "UNSET TAG ON MODEL shop.ml.churn stage")
    assert dict(rows(cast.admin, "DESCRIBE MODEL shop.ml.churn"))["Tags"] == ""


def test_names_are_completed_and_patterns_match(cast):
    assert rows(cast.reader, "SHOW CATALOGS") == [["shop"]]
    assert rows(cast.reader, "SHOW CATALOGS LIKE 'x*|SH*'") == [["shop"]]
    assert rows(cast.reader, "SHOW CATALOGS LIKE 'x*|.*'") == []
    assert rows(cast.reader, "SHOW SCHEMAS IN shop") == [["ml"]]
    assert rows(cast.reader, "SHOW SCHEMAS", catalog="shop") == [["ml"]]
    with pytest.raises(InvalidParameterValue, match="SHOW SCHEMAS IN <catalog>"):
        run(cast.reader, "SHOW SCHEMAS")
    expected = [["shop", "ml", "churn", "owner@example.com"]]
    assert rows(cast.reader, "SHOW MODELS") == expected
    assert rows(cast.reader, "SHOW MODELS IN ml", catalog="shop") == expected
    assert rows(cast.reader, "SHOW MODELS", catalog="shop", schema="ml") == expected
    assert (
        rows(cast.reader, "SHOW MODELS", catalog="shop") == rows(cast.reader, "SHOW MODELS IN CATALOG shop") == expected
    )
    with pytest.raises(DoesNotExist, match="Catalog 'ml'"):
        run(cast.reader, "SHOW MODELS IN CATALOG ml", catalog="shop")
    for text in ("SHOW SCHEMAS IN SCHEMA shop.ml", "SHOW MODELS IN MODEL shop.ml.churn"):
        with pytest.raises(InvalidParameterValue, match="lie in"):
            run(cast.reader, text)
    assert dict(rows(cast.reader, "DESCRIBE MODEL churn", catalog="shop", schema="ml"))["Full Name"] == "shop.ml.churn"
    with pytest.raises(InvalidParameterValue, match="not the full name"):
        run(cast.reader, "DESCRIBE MODEL churn")
    with pytest.raises(InvalidParameterValue, match="not the full name"):
        run(cast.reader, "DESCRIBE CATALOG shop.ml")


def test_a_stranger_learns_nothing(cast):
    for user, text in [
        (cast.stranger, "DESCRIBE MODEL shop.ml.churn"),
        (cast.stranger, "SHOW MODELS IN shop.ml"),
        (cast.stranger, "SHOW SCHEMAS IN shop"),
        (cast.stranger, "SHOW GRANTS ON MODEL shop.ml.churn"),
        (cast.stranger, "GRANT EXECUTE ON MODEL shop.ml.churn TO `stranger@example.com`"),
    ]:
        with pytest.raises(DoesNotExist):
            run(user, text)
    assert rows(cast.stranger, "SHOW CATALOGS") == []
    assert rows(cast.stranger, "SHOW MODELS") == []


def test_rights_are_those_of_every_other_door(cast):
    for text in (
        "GRANT EXECUTE ON MODEL shop.ml.churn TO `stranger@example.com`",
        "ALTER MODEL shop.ml.churn OWNER TO `reader@example.com`",
        "SET TAG ON MODEL shop.ml.churn a = b",
        "COMMENT ON MODEL shop.ml.churn IS 'x'",
    ):
        with pytest.raises(PermissionDenied):
            run(cast.reader, text)
    with pytest.raises(PrincipalDoesNotExist):
        run(cast.owner, "GRANT EXECUTE ON MODEL shop.ml.churn TO nobody")
    with pytest.raises(InvalidParameterValue, match="not applicable"):
        run(cast.owner, "GRANT CREATE MODEL ON MODEL shop.ml.churn TO readers")


def test_who_may_not_see_all_grants_sees_its_own(cast):
    grant(cast.writer, cast.model, "EXECUTE")
    assert rows(cast.reader, "SHOW GRANTS ON MODEL shop.ml.churn") == [
        ["everybody-in-sales", "EXECUTE", "FUNCTION", "shop.ml.churn"]
    ]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("shop", True), ("SHOP", True), ("s*p", True), ("*", True), ("*o*", True), ("s*o*p", True), ("sh", False),
     ("*x*", False), ("shop*p", False), ("p*s", False), ("shop*", True), ("", False), ("x|s*", True), ("**h**", True)],
)  # fmt: skip
def test_patterns(cast, pattern, fits):
    assert rows(cast.admin, f"SHOW CATALOGS LIKE '{pattern}'") == ([["shop"]] if fits else [])


def test_no_pattern_takes_long(cast):
    assert rows(cast.admin, f"SHOW CATALOGS LIKE '{'*' * 254}x'") == []
    assert rows(cast.admin, f"SHOW CATALOGS LIKE '{'*a' * 127}x'") == []
    with pytest.raises(InvalidParameterValue, match="at most"):
        run(cast.admin, f"SHOW CATALOGS LIKE '{'*' * 300}'")
