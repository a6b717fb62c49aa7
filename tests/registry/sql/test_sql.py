"""The grammar: what is read, and what is refused, each time in words that name it."""

import pytest

from registry import sql
from registry.exceptions import InvalidParameterValue
from registry.privileges import Privilege, SecurableType
from registry.sql import On, UnsupportedStatement, parse

MODEL = On(SecurableType.FUNCTION, ("c", "s", "m"))
CATALOG = On(SecurableType.CATALOG, ("c",))
SCHEMA = On(SecurableType.SCHEMA, ("c", "s"))
METASTORE = On(SecurableType.METASTORE)

READ = [
    ("GRANT EXECUTE ON FUNCTION c.s.m TO `a@b.c`", sql.GrantStatement((Privilege.EXECUTE,), MODEL, "a@b.c")),
    ("grant use catalog, BROWSE on catalog c to team;",
     sql.GrantStatement((Privilege.USE_CATALOG, Privilege.BROWSE), CATALOG, "team")),
    ("GRANT CREATE_MODEL ON SCHEMA c.s TO `a team`", sql.GrantStatement((Privilege.CREATE_MODEL,), SCHEMA, "a team")),
    ("GRANT ALL PRIVILEGES ON MODEL c.s.m TO x", sql.GrantStatement((Privilege.ALL_PRIVILEGES,), MODEL, "x")),
    ("GRANT CREATE CATALOG ON METASTORE TO x", sql.GrantStatement((Privilege.CREATE_CATALOG,), METASTORE, "x")),
    ("REVOKE APPLY TAG ON DATABASE c.s FROM x", sql.RevokeStatement((Privilege.APPLY_TAG,), SCHEMA, "x")),
    ("SHOW GRANTS ON CATALOG c", sql.ShowGrants(None, CATALOG)),
    ("SHOW GRANTS `a@b`", sql.ShowGrants("a@b", None)),
    ("show grants readers;", sql.ShowGrants("readers", None)),
    ("SHOW GRANTS `a``b` ON METASTORE", sql.ShowGrants("a`b", METASTORE)),
    ("ALTER CATALOG c OWNER TO `a@b.c`", sql.AlterOwner(CATALOG, "a@b.c")),
    ("ALTER MODEL c.s.m SET OWNER TO set", sql.AlterOwner(MODEL, "set")),
    (r"COMMENT ON SCHEMA c.s IS 'it\'s ''fine''; -- no comment'", sql.CommentOn(SCHEMA, "it's 'fine'; -- no comment")),
    ('COMMENT ON CATALOG c IS "x ""y"" \\n"', sql.CommentOn(CATALOG, 'x "y" n')),
    ("COMMENT ON CATALOG c IS NULL", sql.CommentOn(CATALOG, "")),
    ("SET TAG ON FUNCTION c.s.m stage = 'live one'", sql.SetTag(MODEL, "stage", "live one")),
    ("SET TAG ON SCHEMA c.s `a key`", sql.SetTag(SCHEMA, "a key", "")),
    ("UNSET TAG ON CATALOG c stage", sql.UnsetTag(CATALOG, "stage")),
    ("SHOW CATALOGS LIKE 'a*|b*'", sql.Show(SecurableType.CATALOG, sql.Inside(), "a*|b*")),
    ("SHOW DATABASES FROM c", sql.Show(SecurableType.SCHEMA, sql.Inside(None, ("c",)), "*")),
    ("SHOW SCHEMAS", sql.Show(SecurableType.SCHEMA, sql.Inside(), "*")),
    ("SHOW MODELS IN SCHEMA c.s", sql.Show(SecurableType.FUNCTION, sql.Inside(SecurableType.SCHEMA, ("c", "s")), "*")),
    ("SHOW MODELS IN catalogs_x.s", sql.Show(SecurableType.FUNCTION, sql.Inside(None, ("catalogs_x", "s")), "*")),
    ("DESC SCHEMA EXTENDED c.s", sql.Describe(SCHEMA)),
    ("/* why */ DESCRIBE -- this\n MODEL c.s.m", sql.Describe(MODEL)),
    ("GRANT MANAGE ON MODEL catalog.schema.model TO grants", sql.GrantStatement(
        (Privilege.MANAGE,), On(SecurableType.FUNCTION, ("catalog", "schema", "model")), "grants")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "statement"), READ, ids=[text for text, _ in READ])
def test_a_statement_is_read(text, statement):
    assert parse(text) == statement


@pytest.mark.parametrize(
    ("text", "word"),
    [("SELECT 1", "SELECT"), ("drop model c.s.m", "DROP"), ("  CREATE TABLE x (y INT)", "CREATE"),
     ("USE CATALOG c", "USE"), ("/* x */ DELETE FROM registry_auditevent", "DELETE")],
)  # fmt: skip
def test_what_is_not_executed_is_refused_by_name(text, word):
    with pytest.raises(UnsupportedStatement, match=rf"{word} is not executed by this server"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "at end of input"),
        ("GRANT EXECUTE ON CATALOG c", "at end of input"),
        ("GRANT SELECT ON VIEW c.s.v TO x", "at or near 'VIEW'"),
        ("GRANT EXECUTE ON CATALOG c TO x; DROP TABLE y", "at or near 'DROP'"),
        ("GRANT EXECUTE ON CATALOG c TO 'x' OR 1=1", "at or near"),
        ("SHOW TABLES", "at or near 'TABLES'"),
        ("GRANT FLY ON CATALOG c TO x", "'FLY' is not known"),
        ("COMMENT ON CATALOG c IS 'open", "at or near"),
    ],
)
def test_what_is_malformed_is_told_where(text, found):
    with pytest.raises(InvalidParameterValue, match=found):
        parse(text)


def test_a_long_statement_is_refused_before_it_is_read():
    with pytest.raises(InvalidParameterValue, match="at most"):
        parse("GRANT " + "x" * sql.LONGEST)


@pytest.mark.parametrize(
    "text", ["SHOW GRANTS ON " + "`" * 50_000, "COMMENT ON CATALOG c IS '" + "\\'" * 40_000, "GRANT " + "x " * 40_000]
)
def test_no_text_takes_long(text):
    with pytest.raises(InvalidParameterValue):
        parse(text)


@pytest.mark.parametrize("text", ["DESCRIBE MODEL " + "a." * 49_000, "GRANT " + "EXECUTE, " * 10_000 + "EXECUTE ON x"])
def test_reading_ends_after_so_many_words(text):
    """Each word cost a step of the parser: a statement of 100 KB took seconds."""
    with pytest.raises(InvalidParameterValue, match="at most 500 words and marks"):
        parse(text)


def test_a_long_text_is_one_word():
    assert len(parse(f"COMMENT ON MODEL a.b.c IS '{'x y. ' * 13_000}'").comment) == 65_000
