"""What a version is measured against, and what is new in it."""

import pytest

from registry.models import Alias
from registry.services.artifacts.signatures import Verdict
from registry.services.versions import changes, version_details
from tests.cast import actor
from tests.factories import ModelVersionFactory, write

INPUT = """signature: {inputs: '[{"name": "a", "type": "%s"}]'}"""


@pytest.fixture
def three(cast):
    """Version 1 of the cast is ready and 2 pending; 3 and 4 are ready."""
    write(cast.version, MLmodel=INPUT % "long", **{"requirements.txt": "numpy==1\n"})
    cast.version.metrics, cast.version.params = [{"key": "auc", "value": 0.9}], [{"name": "depth", "value": "3"}]
    cast.version.save()
    third = ModelVersionFactory(registered_model=cast.model)
    fourth = ModelVersionFactory(
        registered_model=cast.model, metrics=[{"key": "auc", "value": 0.8}], params=[{"name": "depth", "value": "4"}]
    )
    write(fourth, MLmodel=INPUT % "string", **{"requirements.txt": "numpy==2\n", "model.PKL": "x"})
    fourth.artifacts.create(path="model.PKL", size=1)
    return cast.version, third, fourth


def name(version, alias):
    row = Alias(registered_model=version.registered_model, model_version=version, name=alias, folded=alias.lower())
    row.save()
    return row


def reference(version):
    return changes.reference_for(version, list(version.registered_model.aliases.select_related("model_version")))


def test_without_aliases_the_version_before_that_is_ready_is_the_measure(three):
    first, third, fourth = three
    assert [reference(version) and reference(version).version for version in three] == [None, first, third]
    assert str(reference(fourth)) == "version 3"


def test_the_champion_is_the_measure_before_any_other_alias(three):
    first, third, fourth = three
    name(third, "a-candidate")
    assert (reference(fourth).version, str(reference(fourth))) == (third, "@a-candidate")
    name(first, "Champion")
    assert (reference(fourth).version, str(reference(fourth))) == (first, "@Champion")
    assert reference(third).version == first


def test_the_champion_itself_is_measured_by_the_version_before(three):
    first, third, fourth = three
    name(fourth, "champion")
    name(first, "old")
    assert (reference(fourth).version, reference(fourth).alias) == (third, "")


def changed(cast, three, member):
    first, _, fourth = three
    who = actor(cast[member])
    details = version_details.describe_version(actor=who, version=fourth)
    asked = changes.Reference(first, "champion")
    return changes.changes_since(actor=who, version=fourth, details=details, reference=asked)


def test_what_is_new_is_told_with_what_it_was(cast, three):
    told = changed(cast, three, "reader")
    assert [(row.name, row.cells[1].verdict) for row in told.metrics] == [("auc", "worse")]
    assert [(row.name, row.values) for row in told.params] == [("depth", ["3", "4"])]
    assert told.signature.verdict is Verdict.BREAKING
    assert [(row.name, row.values) for row in told.packages] == [("numpy", ["==1", "==2"])]
    assert changes.pickles_of(actor=actor(cast.reader), version=three[2]) == ["model.PKL"]


def test_files_are_only_for_users_who_may_read_them(cast, three):
    assert changed(cast, three, "admin").packages is None
    assert changes.pickles_of(actor=actor(cast.admin), version=three[2]) == []


def test_a_model_at_a_glance_is_its_champion_and_its_newest(cast, three):
    first, _, fourth = three

    def glance(member):
        aliases = list(cast.model.aliases.select_related("model_version"))
        return changes.glance(actor=actor(cast[member]), model=cast.model, aliases=aliases)

    (alone,) = glance("reader")
    assert (alone.title, alone.version, str(alone.reference)) == ("Newest", fourth, "version 3")
    name(first, "champion")
    relied_on, newest = glance("reader")
    assert (relied_on.title, relied_on.version, newest.version) == ("@champion", first, fourth)
    assert [(metric, cell.verdict) for metric, cell in newest.cells] == [("auc", "worse")]
    assert [each.cells for each in glance("browser")] == [[], []]
    Alias.objects.update(model_version=fourth)
    assert [each.title for each in glance("reader")] == ["@champion and newest"]
