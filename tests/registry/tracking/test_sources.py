"""What a run tells of where a version comes from, beside the data that it has read."""

import pytest

from registry.models import Experiment
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions import impact, lineage
from registry.services.versions.impact import Reach
from registry.tracking.lineage import sources_of
from registry.tracking.runs import Run
from tests.cast import MEMBERS, actor, experiment_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def sources(**tags):
    tags = {f"mlflow.{name.replace('__', '.')}": value for name, value in tags.items()}
    run = Run("r", 7, "n", "FINISHED", "u", None, None, tags=tags)
    return sources_of(run)[1:]  # the experiment comes first


def test_the_experiment_of_a_run_is_one_by_its_id():
    assert sources_of(Run("r", 7, "n", "FINISHED", "u", None, None)) == [Entity(Kind.EXPERIMENT, "7")]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"source__git__commit": COMMIT}, [Entity(Kind.COMMIT, COMMIT, COMMIT[:12])]),
        (
            {"source__git__commit": COMMIT, "source__git__repoURL": "https://me:secret@git.example.com/risk"},
            [Entity(Kind.COMMIT, COMMIT, f"https://git.example.com/risk {COMMIT[:12]}")],
        ),
        (
            {"source__git__commit": COMMIT, "source__git__repoURL": "https://me:p@s/s@git.example.com/risk"},
            [Entity(Kind.COMMIT, COMMIT, f"https://git.example.com/risk {COMMIT[:12]}")],
        ),
        ({"source__type": "NOTEBOOK", "source__name": "/Users/me/train"}, [Entity(Kind.NOTEBOOK, "/Users/me/train")]),
        ({"source__type": "LOCAL", "source__name": "train.py"}, []),
        (
            {"databricks__notebookID": "123", "source__type": "NOTEBOOK", "source__name": "/x"},
            [Entity(Kind.NOTEBOOK, "123")],
        ),
        ({"source__git__commit": "a\0b"}, []),
    ],
)
def test_the_code_of_a_run_is_what_its_tags_say(tags, told):
    assert sources(**tags) == told


def test_the_name_of_an_experiment_is_for_who_may_read_it(cast):
    experiment = experiment_of(cast, name="risk models")
    entity = Entity(Kind.EXPERIMENT, str(experiment.experiment_id))
    lineage.record_lineage(
        actor=actor(cast.admin), version=cast.version, entities=[entity], direction=Direction.UPSTREAM
    )

    def upstream(user):
        return [node.label for node in lineage.get_lineage(actor=actor(user), subject=cast.version).upstream]

    def made_from(user):
        found = impact.impact_of_version(actor=actor(user), version=cast.version, reach=Reach(Direction.UPSTREAM))
        return [(each.name, each.owner) for each in found.dependants]

    shown = {"admin": ["risk models"], "owner": ["risk models"], "writer": ["risk models"], "reader": ["risk models"]}
    assert {name: upstream(cast[name]) for name in MEMBERS[:-1]} == shown | {"browser": [], "stranger": []}
    assert made_from(cast.reader) == [("risk models", "owner@example.com")]
    Experiment.objects.update(owner_user=cast.stranger)
    for row in (experiment.user_grants, experiment.group_grants):
        row.all().delete()
    assert upstream(cast.owner) == ["masked"]
    assert made_from(cast.owner) == []


DEPENDENCIES = [
    {"type": "DATABRICKS_UC_FUNCTION", "name": "shop.ml.enrich"}, {"type": "DATABRICKS_MODEL_ENDPOINT", "name": "llm"},
    {"type": "DATABRICKS_TABLE", "name": "shop.ml.people"}, {"type": "DATABRICKS_VECTOR_INDEX", "name": "shop.ml.idx"},
]  # fmt: skip
IN_OTHER_WORDS = {
    "dependencies": [
        {"function": {"function_full_name": "shop.ml.enrich"}}, {"table": {"table_full_name": "shop.ml.people"}},
        {"connection": {"connection_name": "warehouse"}},
    ]
}  # fmt: skip


@pytest.mark.parametrize("wire", ["databricks-uc", "unity-catalog"])
def test_what_a_version_needs_is_upstream_of_it(api, cast, wire):
    if wire == "databricks-uc":
        path, body = "/api/2.0/mlflow/unity-catalog/model-versions/create", {"name": "shop.ml.churn", "source": "s"}
        body["model_version_dependencies"] = DEPENDENCIES
        others = {("Serving endpoint", "llm"), ("Vector index", "shop.ml.idx")}
    else:
        path = "/api/2.1/unity-catalog/models/versions"
        body = {"catalog_name": "shop", "schema_name": "ml", "model_name": "churn", "source": "s"}
        body["model_version_dependencies"] = IN_OTHER_WORDS
        others = {("Connection", "warehouse")}
    api(cast.writer).ok("POST", path, body)
    version = cast.model.versions.get(version=3)
    graph = lineage.get_lineage(actor=actor(cast.owner), subject=version)
    expected = {("Function", "shop.ml.enrich"), ("Table", "shop.ml.people")} | others
    assert {(node.kind, node.label) for node in graph.upstream} == expected
    asked = "/api/2.1/catalog-explorer/impact?kind=FUNCTION&name=shop.ml.enrich"
    assert [each["name"] for each in api(cast.owner).ok("GET", asked)["dependants"]] == ["shop.ml.churn version 3"]
