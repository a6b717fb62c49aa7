"""The default catalog and schema of short names."""

import pytest

from registry.exceptions import InvalidParameterValue
from registry.models import DefaultNamespace
from registry.services.finding import namespaces
from tests.cast import actor


def test_ones_own_choice_goes_before_the_installations(cast, settings):
    settings.DEFAULT_NAMESPACE = ("main", "default")
    reader, writer = actor(cast.reader), actor(cast.writer)
    namespaces.choose_namespace(actor=reader, name=" Shop.ML ")
    assert namespaces.default_namespace(actor=reader) == ("shop", "ml")
    assert namespaces.default_namespace(actor=writer) == ("main", "default")
    namespaces.choose_namespace(actor=reader, name="shop")
    assert (namespaces.default_namespace(actor=reader), namespaces.chosen_namespace(actor=reader)) == (
        ("shop",),
        "shop",
    )
    namespaces.choose_namespace(actor=reader, name="")
    assert (namespaces.default_namespace(actor=reader), namespaces.chosen_namespace(actor=reader)) == (
        ("main", "default"), "",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.b.c", "a.", ".b", "a b", "x" * 256])
def test_what_is_no_beginning_of_a_name_is_refused(cast, name):
    with pytest.raises(InvalidParameterValue):
        namespaces.choose_namespace(actor=actor(cast.reader), name=name)
    assert not DefaultNamespace.objects.exists()
