import pickle
import zipfile
from io import BytesIO

import pytest

from registry import limits
from registry.exceptions import FileDoesNotExist, InvalidParameterValue, InvalidState, PermissionDenied
from registry.models import AuditEvent
from registry.services.artifacts import archives, mlmodel, previews, transfer, uploads
from registry.services.artifacts.previews import PreviewKind
from registry.services.artifacts.trees import VersionTree
from registry.services.versions import version_details
from tests.cast import actor
from tests.factories import write


def preview(cast, path, content=None, member="reader"):
    if content is not None:
        write(cast.version, **{path.replace("/", "__"): content})
    return previews.preview_file(VersionTree(actor(cast[member]), cast.version), path)


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("notes.md", "# Title", PreviewKind.MARKDOWN),
        ("page.html", "<script>alert(1)</script>", PreviewKind.TEXT),
        ("picture.svg", "<svg><script>alert(1)</script></svg>", PreviewKind.TEXT),
        ("rows.csv", "a,b\n1,2\n", PreviewKind.TABLE),
        ("picture.png", b"\x89PNG", PreviewKind.IMAGE),
        ("weights.safetensors", b"\0\1", PreviewKind.BINARY),
        ("latin.txt", b"caf\xe9", PreviewKind.BINARY),
        ("empty", "", PreviewKind.TEXT),
    ],
)
def test_what_is_shown_of_a_file_follows_from_its_name_and_its_bytes(cast, path, content, kind):
    assert preview(cast, path, content).kind == kind


def test_a_long_text_is_cut_between_characters(cast):
    found = preview(cast, "long.txt", "é" * limits.PREVIEW_LENGTH + "x")
    assert found.is_cut
    assert set(found.text) == {"é"}


def test_a_table_shows_its_first_rows_and_columns(cast):
    found = preview(cast, "rows.tsv", "\n".join("\t".join(str(n) for n in range(60)) for _ in range(200)))
    assert (len(found.rows), len(found.rows[0]), found.is_cut) == (100, 50, True)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("somebody unpickled it",))


@pytest.mark.parametrize("name", ["model.pkl", "python_model"])
def test_a_pickle_is_told_by_its_name_or_its_first_bytes_and_never_loaded(cast, name):
    assert preview(cast, name, pickle.dumps(Bomb())).is_pickle


def test_who_may_not_read_the_files_sees_none_of_them(cast):
    for member in ("admin", "writer", "browser", "stranger"):
        with pytest.raises((PermissionDenied, FileDoesNotExist, Exception)) as refused:
            preview(cast, "MLmodel", member=member)
        assert "MLmodel" not in str(refused.value)
        with pytest.raises(Exception, match=r"does not have|does not exist"):
            archives.archive_artifacts(actor=actor(cast[member]), version=cast.version)


def test_a_file_that_is_looked_at_is_an_event_and_no_download(cast):
    preview(cast, "MLmodel")
    assert AuditEvent.objects.filter(action_name="viewModelVersionArtifact").count() == 1
    assert not AuditEvent.objects.filter(action_name="downloadModelVersionArtifact").exists()


def test_only_pictures_are_shown_as_pictures(cast):
    write(cast.version, **{"x.png": b"\x89PNG", "x.html": "<b>"})
    reader = actor(cast.reader)
    assert previews.read_image(VersionTree(reader, cast.version), "x.png")[0] == "image/png"
    for path in ("x.html", "data"):
        with pytest.raises(InvalidParameterValue):
            previews.read_image(VersionTree(reader, cast.version), path)


def test_all_files_come_as_one_zip_of_the_length_that_was_announced(cast):
    stream = archives.archive_artifacts(actor=actor(cast.reader), version=cast.version)
    length, content = len(stream), b"".join(stream)
    assert len(content) == length
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("data/weights") == b"12345"
    assert AuditEvent.objects.filter(action_name="downloadModelVersionArtifact").count() == 1


def test_a_pending_version_has_no_zip(cast):
    with pytest.raises(InvalidState):
        archives.archive_artifacts(actor=actor(cast.owner), version=cast.pending)


def test_digests_are_counted_while_bytes_arrive_and_go_with_the_file(cast):
    owner = actor(cast.owner)
    for path in ("MLmodel", "gone"):
        uploads.write_artifact(actor=owner, version=cast.pending, path=path, chunks=[b"a", b"bc"])
    uploads.delete_artifact(actor=owner, version=cast.pending, path="gone")
    cast.pending.finalize(size=1)
    (file,) = transfer.list_files(actor=owner, version=cast.pending)
    assert file.entry.size == 3
    assert file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {pickled_model: model.pkl, code: null}
mlflow_version: 3.17.2
saved_input_example_info: {artifact_path: input_example.json}
signature: {inputs: '[{"name": "a", "type": "long"}]', outputs: null}
"""


def test_mlmodel_tells_signature_flavors_and_example(cast):
    write(cast.version, MLmodel=MLMODEL)
    found = mlmodel.describe(cast.version)
    assert found.flavor == "sklearn"
    assert found.flavors[1].options == {"pickled_model": "model.pkl"}
    assert found.signature.inputs[0].name == "a"
    assert (found.facts["mlflow_version"], found.input_example) == ("3.17.2", "input_example.json")


def example_seen_by(user, cast):
    return version_details.describe_version(actor=actor(user), version=cast.version).input_example


@pytest.mark.parametrize(
    ("content", "shown"), [('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'), ("{not json", ""), ("", "")]
)
def test_the_input_example_is_shown_as_json_to_who_may_read_files(cast, content, shown):
    write(cast.version, MLmodel=MLMODEL, **{"input_example.json": content})
    assert example_seen_by(cast.reader, cast) == shown
    assert example_seen_by(cast.admin, cast) == ""


def test_an_input_example_that_is_elsewhere_is_none(cast):
    write(cast.version, MLmodel=MLMODEL.replace("input_example.json", "../../secret_key"))
    assert example_seen_by(cast.reader, cast) == ""


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a, *a]",
        "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]),
        "flavors: " + "[" * 900,
        "[" * 40_000,
        "- " * 200_000,
        "a: [" + "x, " * 100_000 + "]",
        "flavors: [1]",
        "signature: 3",
        "flavors: {a: *nothing}",
        "\t",
    ],
)
def test_an_mlmodel_that_means_harm_tells_nothing(cast, text):
    write(cast.version, MLmodel=text)
    found = mlmodel.describe(cast.version)
    assert (found.signature, found.flavors) == (None, [])


def test_the_environment_is_data_and_the_signature_metadata(cast):
    write(cast.version, MLmodel=MLMODEL, **{"requirements.txt": "# made by hand\nnumpy==2\n\n"})

    def details(member):
        return version_details.describe_version(actor=actor(cast[member]), version=cast.version)

    assert details("reader").requirements == ["numpy==2"]
    assert details("admin").mlmodel.flavor == "sklearn"
    assert details("admin").environment == ("", "")
    assert details("browser").mlmodel.flavors == []


def test_the_last_value_of_a_metric_counts(cast):
    cast.version.metrics = [
        {"key": "loss", "value": 0.5, "step": 2},
        {"key": "loss", "value": 0.9, "step": 1},
        {"key": "loss", "value": 0.7, "step": 1, "dataset_name": "holdout"},
    ]
    assert version_details.latest_metrics(cast.version.metrics) == {"loss": 0.5, "loss (holdout)": 0.7}
