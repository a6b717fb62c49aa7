import pytest

from registry.exceptions import InvalidParameterValue
from registry.names import (
    FullName,
    VersionName,
    alias_name,
    new_object_name,
    object_name,
    schema_name,
    tag_key,
    tag_value,
)  # fmt: skip


def test_names_are_stored_in_lower_case_and_composed():
    assert object_name("ÜBER") == "über"
    assert object_name("u\u0308") == "\u00fc"
    for name in ("J\u030c", "\u0130", "\u1e9e", "\u03a3"):  # lowering some letters takes them apart again
        assert object_name(object_name(name)) == object_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a.b",
        "a b",
        "a/b",
        "a\tb",
        "a\x00b",
        "a\x7fb",
        "a\u200bb",
        "a\u202eb",
        "a\u3164",
        "\u2800",
        "a\ufe0f",
        "x" * 256,
    ],
)
def test_a_name_that_nobody_could_read_is_refused(name):
    with pytest.raises(InvalidParameterValue):
        object_name(name)


@pytest.mark.parametrize("character", "%#?@:")
def test_a_new_name_has_nothing_that_clients_cannot_read_back(character):
    assert object_name(f"a{character}b") == f"a{character}b"  # of an earlier release
    with pytest.raises(InvalidParameterValue, match="no stock client") as refused:
        new_object_name(f"a{character}b")
    assert repr(character) in refused.value.message


def test_a_name_may_have_255_characters():
    assert len(object_name("x" * 255)) == 255


def test_full_names_have_three_levels():
    assert FullName.parse("Prod.ML_Team.Iris") == FullName("prod", "ml_team", "iris")
    assert str(FullName.parse("a.b.c")) == "a.b.c"


@pytest.mark.parametrize("name", ["iris", "ml_team.iris", "a.b.c.d", "", ".."])
def test_other_names_are_refused_in_the_words_that_mlflow_reacts_to(name):
    with pytest.raises(InvalidParameterValue, match="specify all three levels" if name != ".." else "empty"):
        FullName.parse(name)


def test_schema_names_have_two_levels():
    assert schema_name("Prod.ML") == ("prod", "ml")
    with pytest.raises(InvalidParameterValue):
        schema_name("prod")


@pytest.mark.parametrize("alias", ["Champion", "a-b_c", "Straße", "v", "v1x", "latest2", "x" * 255])
def test_aliases_keep_their_case(alias):
    assert alias_name(alias) == alias


@pytest.mark.parametrize("alias", ["", "latest", "LATEST", "v1", "V22", "a b", "a.b", "x" * 256, "a\n"])
def test_reserved_and_malformed_aliases_are_refused(alias):
    with pytest.raises(InvalidParameterValue):
        alias_name(alias)


@pytest.mark.parametrize(
    "key", ["", "a.b", "a,b", "a-b", "a=b", "a/b", "a:b", " a", "a ", "x" * 256, "a\x00", "\u202ek", "k\u200b"]
)
def test_tag_keys_obey_the_platform_rule(key):
    with pytest.raises(InvalidParameterValue):
        tag_key(key)


def test_tag_values_have_at_most_a_thousand_characters():
    assert tag_value("") == ""
    assert len(tag_value("x" * 1000)) == 1000
    with pytest.raises(InvalidParameterValue):
        tag_value("x" * 1001)


CHURN = FullName("shop", "ml", "churn")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("models:/shop.ml.churn/3", VersionName(CHURN, version=3)),
        ("SHOP.ml.Churn/03/", VersionName(CHURN, version=3)),
        ("models:/shop.ml.churn@Champion", VersionName(CHURN, alias="Champion")),
        ("shop.ml.churn@Champion", VersionName(CHURN, alias="Champion")),
        ("models:/shop.ml.a@b/1", VersionName(FullName("shop", "ml", "a@b"), version=1)),
    ],
)
def test_a_version_is_named_one_way_wherever_it_is(text, named):
    assert VersionName.parse(text) == named


@pytest.mark.parametrize(
    "text",
    ["shop.ml.churn", "churn/1", "models:/m-0123456789abcdef", "shop.ml.churn/0", "shop.ml.churn/1/MLmodel",
     "shop.ml.churn@latest", "shop.ml.churn@", "runs:/abc/model", "", "/", "@"],
)  # fmt: skip
def test_what_names_no_version_is_refused_and_is_no_uri(text):
    with pytest.raises(InvalidParameterValue):
        VersionName.parse(text)
    assert VersionName.from_uri(text) is VersionName.from_uri(f"models:/{text}") is None
