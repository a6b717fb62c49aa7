import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.services.artifacts.signatures import Verdict
from registry.services.versions import comparison
from tests.cast import actor
from tests.factories import ModelVersionFactory, write

INPUT = """signature: {inputs: '[{"name": "a", "type": "long"}]', outputs: '[{"type": "%s"}]'}"""


@pytest.fixture
def second(cast):
    write(cast.version, MLmodel=INPUT % "double", **{"requirements.txt": "numpy==1\nPandas\n"})
    cast.version.metrics = [{"key": "accuracy", "value": 0.9}]
    cast.version.params = [{"name": "depth", "value": "3"}]
    cast.version.save()
    cast.version.tags.create(key="k", value="v")
    metrics = [{"key": "accuracy", "value": 0.95}, {"key": "f1", "value": 0.5}]
    params = [{"name": "depth", "value": "3"}]
    made = ModelVersionFactory(registered_model=cast.model, metrics=metrics, params=params)
    return write(made, MLmodel=INPUT % "long", **{"requirements.txt": "numpy==2\npandas\nmlflow[extras]>=3 # here\n"})


def compare(cast, second, member="reader"):
    found = comparison.compare_versions(actor=actor(cast[member]), versions=[cast.version, second])
    return found, {section.name: {row.name: row for row in section.rows} for section in found.sections}


def test_versions_are_found_by_their_names_each_once(cast, second):
    names = ["shop.ml.churn/1", "models:/SHOP.ml.churn/3", "shop.ml.churn/1 ", ""]
    found = comparison.find_versions(actor=actor(cast.reader), references=names)
    assert found == [cast.version, second]


@pytest.mark.parametrize("names", [[], ["shop.ml.churn/1"], ["x", "y"], ["shop.ml.churn/1", "a/0"], ["a/1"] * 2])
def test_what_names_no_versions_is_refused(cast, names):
    with pytest.raises(InvalidParameterValue):
        comparison.find_versions(actor=actor(cast.reader), references=names)


def test_more_than_four_are_refused(cast):
    with pytest.raises(InvalidParameterValue, match="2 to 4"):
        comparison.find_versions(actor=actor(cast.reader), references=[f"shop.ml.churn/{n}" for n in range(1, 6)])


def test_what_differs_is_told_section_by_section(cast, second):
    found, sections = compare(cast, second)
    assert [told.verdict for told in found.signatures] == [Verdict.BREAKING]
    assert sections["Metrics"]["accuracy"].deltas == [None, pytest.approx(0.05)]
    assert sections["Metrics"]["f1"].values == [None, "0.5"]
    assert not sections["Parameters"]["depth"].is_different
    assert sections["Tags"]["k"].values == ["v", None]
    assert sections["Environment"]["numpy"].values == ["==1", "==2"]
    assert not sections["Environment"]["pandas"].is_different
    assert sections["Environment"]["mlflow[extras]"].values == [None, ">=3 # here"]
    assert sections["Files"]["data/weights"].values == ["5 bytes", None]
    assert sections["Signature"]["Output 1"].values == ["double", "long"]


def test_the_champion_is_the_base_or_else_the_oldest_unless_one_is_asked_for(cast, second):
    third = ModelVersionFactory(registered_model=cast.model)
    names = "shop.ml.churn/4", "shop.ml.churn/3", "shop.ml.churn/1"
    found = comparison.find_versions(actor=actor(cast.reader), references=names)
    assert comparison.ordered(found) == [cast.version, second, third]
    assert comparison.ordered(found, "shop.ml.churn/4") == [third, cast.version, second]
    cast.model.aliases.create(name="Champion", folded="champion", model_version=second)
    found = comparison.find_versions(actor=actor(cast.reader), references=names)
    assert comparison.ordered(found) == [second, cast.version, third]
    assert comparison.ordered(found, "nothing") == [second, cast.version, third]


def test_sizes_are_readable(cast, second):
    cast.version.size = 82_246
    cast.version.save()
    _, sections = compare(cast, second)
    assert sections["About"]["Size"].values[0] == "80.3 KB (82,246 bytes)"


def test_files_are_compared_only_for_who_may_read_them_of_each(cast, second):
    found, sections = compare(cast, second, "admin")
    assert {section.name for section in found.sections if section.unreadable} == {"Environment", "Files"}
    assert sections["Files"] == {}
    assert sections["Metrics"]


def test_who_may_not_read_the_metadata_compares_nothing(cast, second):
    with pytest.raises(PermissionDenied):
        compare(cast, second, "browser")
    with pytest.raises(DoesNotExist):
        compare(cast, second, "stranger")


def test_a_course_has_the_versions_that_have_the_metric_in_their_order(cast, second):
    def course(name):
        return comparison.metric_course(actor=actor(cast.reader), model=cast.model, name=name)

    assert course("accuracy") == [(1, 0.9), (3, 0.95)]
    assert course("f1") == [(3, 0.5)]
    assert course("nothing") == []


def test_names_of_one_version_are_not_two(cast):
    with pytest.raises(InvalidParameterValue, match="same version"):
        comparison.find_versions(actor=actor(cast.reader), references=["shop.ml.churn/1", "SHOP.ml.churn/01"])


def test_lines_of_an_environment_that_name_no_package_stand_for_themselves(cast, second):
    write(
        cast.version, **{"requirements.txt": "- python=3.11\n- pip:\n--find-links a\n--find-links b\nhttps://x/y.whl\n"}
    )
    _, sections = compare(cast, second)
    assert {"- python=3.11", "- pip:", "--find-links a", "--find-links b", "https://x/y.whl"} <= set(
        sections["Environment"]
    )


def test_a_file_that_was_not_counted_in_one_of_them_is_compared_by_its_size(cast, second):
    write(second, data__weights="12345")
    for version in (cast.version, second):
        version.artifacts.update_or_create(path="MLmodel", defaults={"size": 1, "sha256": "a" * 64})
    cast.version.artifacts.update_or_create(path="data/weights", defaults={"size": 5, "sha256": "b" * 64})
    _, sections = compare(cast, second)
    assert not sections["Files"]["data/weights"].is_different
    assert sections["Files"]["MLmodel"].values[0].endswith(", aaaaaaaaaaaa")


def test_the_api_tells_the_course_of_a_metric_that_is_asked_for(api, cast, second):
    path = "/api/2.1/catalog-explorer/compare?version=shop.ml.churn/1&version=shop.ml.churn/3"
    reader = api(cast.reader)
    assert reader.ok("GET", path)["course"] == []
    assert reader.ok("GET", f"{path}&metric=accuracy")["course"] == [
        {"version": 1, "value": 0.9},
        {"version": 3, "value": 0.95},
    ]
    assert reader.ok("GET", f"{path}&metric=nothing")["course"] == []
