"""The pages of experiments, runs and logged models."""

import json
from functools import partial

import pytest

from registry import tasks
from registry.exceptions import TrackingUnavailable
from registry.models import Experiment, Job, ModelVersion
from registry.tracking import run_lists, wire
from tests.cast import actor
from tests.pages import text
from tests.tracking import SIGNED, ask, make_logged

pytestmark = pytest.mark.django_db
PROXY = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture
def one(logged, cast):
    """An experiment with the cast's rights, whose first run is called «first»."""
    logged.shared(cast)
    ask("runs/update", run_id=logged.run, run_name="first")
    ask("runs/update", run_id=logged.other, run_name="second", status="FAILED", end_time=5)
    return logged


@pytest.fixture
def here(one):
    return f"/ml/experiments/{one.experiment}"


def run_of(one, name, *, parent="", **values):
    tags = [{"key": "mlflow.parentRunId", "value": parent}] if parent else []
    made = ask("runs/create", experiment_id=one.experiment, run_name=name, tags=tags, start_time=1)["run"]["info"]
    for key, value in values.items():
        ask("runs/log-metric", run_id=made["run_id"], key=key, value=value, timestamp=1, step=0)
    return made["run_id"]


def names_in(page):
    """The runs of the table, from the top."""
    return [part.split("</a>")[0].rpartition(">")[2].strip() for part in page.split('<th scope="row"')[1:]]


def test_the_list_has_mine_those_of_others_and_the_deleted(as_user, cast, one):
    Experiment.objects.create(name="gone", experiment_id=10**9, owner_user=cast.owner, is_deleted=True)
    for whose, shown in {"": [one.name], "mine": [one.name], "shared": [], "deleted": ["gone"]}.items():
        page = text(as_user(cast.owner).get(f"/ml/experiments?whose={whose}"))
        assert [name for name in (one.name, "gone") if name in page] == shown
    assert one.name in text(as_user(cast.reader).get("/ml/experiments?whose=shared"))
    assert one.name not in text(as_user(cast.stranger).get("/ml/experiments"))


def test_the_table_is_filtered_and_sorted_as_mlflow_does(as_user, cast, one, here):
    run_of(one, "low", loss=0.1)
    run_of(one, "high", loss=0.9)
    reader = as_user(cast.reader)
    assert names_in(text(reader.get(f"{here}?where=metrics.loss+>+0.2&sort=metric.loss"))) == ["first", "high"]
    assert names_in(text(reader.get(f"{here}?sort=-metric.loss")))[:3] == ["high", "first", "low"]
    assert names_in(text(reader.get(f"{here}?sort=name"))) == ["first", "high", "low", "second"]
    page = text(reader.get(f"{here}?where=loss+is+low"))
    assert "Invalid" in page
    assert names_in(page) == []


def test_columns_are_chosen_in_the_address(as_user, cast, one, here):
    ask("runs/log-parameter", run_id=one.run, key="depth", value="4")
    reader = as_user(cast.reader)
    unasked = text(reader.get(here))
    assert "sort=-metric.loss" in unasked
    assert "sort=-param.depth" in unasked
    chosen = text(reader.get(f"{here}?columns=1&param=depth&param=nothing"))
    assert "sort=-metric.loss" not in chosen
    assert '<td class="clip"> 4 </td>' in chosen


def test_nested_runs_stand_below_theirs(as_user, cast, one, here):
    outer = run_of(one, "outer")
    inner = run_of(one, "inner", parent=outer)
    run_of(one, "innermost", parent=inner)
    run_of(one, "lost", parent="0" * 32)
    page = text(as_user(cast.reader).get(f"{here}?sort=-name"))
    names = names_in(page)
    assert names.index("outer") + 1 == names.index("inner") == names.index("innermost") - 1
    assert "run-depth-2" in page
    assert "in another run" in page
    detail = text(as_user(cast.reader).get(f"{here}/runs/{inner}"))
    assert "Nested in" in detail
    assert "innermost" in detail


def test_runs_that_are_nested_in_a_circle_are_shown(as_user, cast, one, here):
    for run, parent in ((one.run, one.other), (one.other, one.run)):
        ask("runs/set-tag", run_id=run, key="mlflow.parentRunId", value=parent)
    assert sorted(names_in(text(as_user(cast.reader).get(here)))) == ["first", "second"]


def test_pages_of_the_table_are_mlflows(as_user, cast, one, here):
    for number in range(run_lists.SIZE):
        run_of(one, f"run {number}")
    found = run_lists.search_runs(actor=actor(cast.reader), experiment_id=int(one.experiment))
    assert run_lists._page(2)["page_token"] == found.next_token
    first, second = (names_in(text(as_user(cast.reader).get(f"{here}?page={page}"))) for page in (1, 2))
    assert (len(first), len(second), len({*first, *second})) == (run_lists.SIZE, 2, run_lists.SIZE + 2)
    assert names_in(text(as_user(cast.reader).get(f"{here}?page=99"))) == []


def test_selected_runs_are_tagged_deleted_and_restored(as_user, cast, one, here):
    writer, both = as_user(cast.writer), f"run={one.run}&run={one.other}"
    assert "Delete 2 runs" in text(writer.get(f"{here}/delete-runs?{both}"))
    assert writer.post(f"{here}/tag-runs?{both}", {"key": "team", "value": "ml"}).status_code == 302
    assert "team: ml" in text(writer.get(f"{here}/runs/{one.other}"))
    assert writer.post(f"{here}/delete-runs?{both}").status_code == 302
    assert names_in(text(writer.get(here))) == []
    assert sorted(names_in(text(writer.get(f"{here}?show=deleted")))) == ["first", "second"]
    assert writer.post(f"{here}/restore-runs?{both}").status_code == 302
    assert len(names_in(text(writer.get(here)))) == 2
    assert "mlflow. are MLflow" in text(writer.post(f"{here}/tag-runs?{both}", {"key": "mlflow.user", "value": "x"}))
    assert "Select 1 to" in text(writer.get(f"{here}/delete-runs"))


def test_runs_of_another_experiment_are_not_changed_by_this_ones_address(as_user, cast, one, here):
    other = make_logged()
    other.row(cast.writer)
    assert as_user(cast.writer).get(f"{here}/delete-runs?run={other.run}").status_code == 404
    assert as_user(cast.writer).get(f"{here}/runs/{other.run}").status_code == 404
    assert as_user(cast.writer).get(f"{here}/models/{other.model}").status_code == 404
    assert as_user(cast.writer).get(f"{here}/models/{other.model}/register").status_code == 404


def test_a_run_tells_what_was_logged_to_it(as_user, cast, one, here):
    ask("runs/set-tag", run_id=one.run, key="mlflow.note.content", value="About **this**")
    ask("runs/set-tag", run_id=one.run, key="mlflow.source.git.commit", value="abc123")
    source = {"name": "iris", "digest": "d1", "source_type": "s3", "source": '{"uri": "s3://lake/iris.csv"}'}
    used = [{"key": "mlflow.data.context", "value": "training"}]
    ask("runs/log-inputs", run_id=one.run, datasets=[{"dataset": source, "tags": used}])
    page = text(as_user(cast.reader).get(f"{here}/runs/{one.run}"))
    for told in ("About <strong>this</strong>", "abc123", "s3://lake/iris.csv", "training", "0.5", one.model):
        assert told in page
    assert "Register model" in page
    assert "Rename" not in page  # the reader may not


@pytest.mark.parametrize("moment", [10**18, -(10**18), 2**62])
def test_a_run_that_began_outside_of_the_calendar_is_shown(as_user, cast, one, here, moment):
    ask("runs/update", run_id=one.run, end_time=moment)
    odd = ask("runs/create", experiment_id=one.experiment, run_name="odd", start_time=moment)["run"]["info"]["run_id"]
    for page in (here, f"{here}/runs/{odd}", f"{here}/runs/{one.run}", f"/ml/runs/compare?run={odd}&run={one.run}"):
        assert as_user(cast.reader).get(page).status_code == 200


@pytest.mark.parametrize("parent", ["a/b", "a\nb", "x" * 300, "../..", "0" * 32])
def test_a_parent_that_is_none_breaks_no_page(as_user, cast, one, here, parent):
    ask("runs/set-tag", run_id=one.run, key="mlflow.parentRunId", value=parent)
    for page in (here, f"{here}/runs/{one.run}", f"{here}/runs/{one.run}/register"):
        assert as_user(cast.reader).get(page).status_code == 200


@pytest.mark.parametrize("name", ["items", "keys", "0", "__class__"])
def test_what_is_logged_may_be_called_anything(as_user, cast, one, here, name):
    ask("runs/log-batch", run_id=one.run, params=[{"key": name, "value": "abc"}], tags=[{"key": name, "value": "x"}])
    ask("runs/log-metric", run_id=one.run, key=name, value=1, timestamp=1, step=0)
    ask(f"logged-models/{one.model}/params", model_id=one.model, params=[{"key": name, "value": "abc"}])
    ModelVersion.objects.filter(pk=cast.version.pk).update(run_id=one.run, model_id=one.model)
    pages = [
        here,
        f"{here}/runs/{one.run}",
        f"{here}/models/{one.model}",
        f"{here}/runs/{one.run}?activeTab=metrics&items=a",
    ]
    for page in [*pages, "/explore/data/models/shop/ml/churn/version/1/run"]:
        answer = as_user(cast.reader).get(page)
        assert answer.status_code == 200
        assert name in text(answer)
    assert as_user(cast.reader).get(f"/ml/runs/compare?run={one.run}&run={one.other}&items=a").status_code == 200


def test_what_no_request_can_hold_is_told(as_user, cast, one):
    course = f"/ml/runs/course?run={one.run}&metric={'(' * 30_000}"
    assert as_user(cast.reader).get(course).status_code in (200, 400)
    assert as_user(cast.reader).get(f"/explore/grants/experiment/{'9' * 4_400}/grant").status_code == 404


def test_charts_get_points_and_none_for_what_is_no_number(as_user, cast, one):
    for step, value in enumerate((1.5, "NaN", 2.5), start=1):
        ask("runs/log-metric", run_id=one.run, key="loss", value=value, timestamp=step * 1000, step=step)
    answer = as_user(cast.reader).get(f"/ml/runs/course?metric=loss&run={one.run}&run={one.other}")
    (first, second) = json.loads(answer.content)["courses"]
    assert first == {
        "run": one.run, "steps": [0, 1, 2, 3], "times": [0.001, 1.0, 2.0, 3.0], "values": [0.5, 1.5, None, 2.5],
    }  # fmt: skip
    assert second["values"] == []
    assert as_user(cast.reader).get("/ml/runs/course?metric=loss").status_code == 400


def test_compared_runs_show_what_differs(as_user, cast, one):
    for run, depth in ((one.run, "4"), (one.other, "5")):
        ask("runs/log-batch", run_id=run, params=[{"key": "depth", "value": depth}, {"key": "same", "value": "s"}])
    ask("runs/log-metric", run_id=one.other, key="loss", value=0.75, timestamp=1, step=0)
    both = f"/ml/runs/compare?run={one.run}&run={one.other}"
    page = text(as_user(cast.reader).get(both))
    assert "▲ +0.25" in page
    assert '<th scope="row">depth</th>' in page
    assert '<th scope="row">same</th>' not in page
    assert '<th scope="row">same</th>' in text(as_user(cast.reader).get(f"{both}&show=all"))
    assert "first: 4, 0.5" in page  # in the chart of one against another
    assert as_user(cast.reader).get(f"/ml/runs/compare?run={one.run}").status_code == 400


def test_files_of_runs_are_shown_and_saved(api, as_user, cast, one, here):
    reader, folder = as_user(cast.reader), f"{PROXY}/{one.experiment}/{one.run}/artifacts"
    assert "No files" in text(reader.get(f"{here}/runs/{one.run}?activeTab=artifacts"))
    for path, content in (("notes.md", b"# Notes"), ("plots/loss.png", b"\x89PNG")):
        assert api(cast.writer)("PUT", f"{folder}/{path}", content).status_code == 200
    page = text(reader.get(f"{here}/runs/{one.run}?activeTab=artifacts&path=notes.md"))
    assert "<h1>Notes</h1>" in page
    assert "2 files" in page
    saved = reader.get(f"{here}/runs/{one.run}/artifacts/notes.md")
    assert (b"".join(saved), saved["Content-Disposition"]) == (b"# Notes", 'attachment; filename="notes.md"')
    picture = reader.get(f"{here}/runs/{one.run}/pictures/plots/loss.png")
    assert (picture["Content-Type"], b"".join(picture)) == ("image/png", b"\x89PNG")
    assert as_user(cast.stranger).get(f"{here}/runs/{one.run}/artifacts/notes.md").status_code == 404


def test_a_model_is_registered_from_its_run(api, as_user, cast, one, here):
    writer, folder = as_user(cast.writer), f"{PROXY}/{one.experiment}/models/{one.model}/artifacts"
    assert api(cast.writer)("PUT", f"{folder}/MLmodel", SIGNED.encode()).status_code == 200
    assert one.model in text(writer.get(f"{here}/runs/{one.run}/register"))
    fields = {"source": f"models:/{one.model}", "destination": "shop.ml.fresh", "comment": "Good."}
    answer = writer.post(f"{here}/runs/{one.run}/register", fields)
    job = Job.objects.get()
    assert answer["Location"] == f"/explore/jobs/{job.pk}"
    assert "Cancel the registration" in text(writer.get(answer["Location"]))
    tasks.run_job(str(job.pk))
    version = ModelVersion.objects.get(registered_model__name="fresh")
    assert (version.status, version.run_id, version.comment) == ("READY", one.run, "Good.")
    pages = (f"{here}/runs/{one.run}", f"{here}/models/{one.model}")
    assert all("shop.ml.fresh version 1" in text(writer.get(page)) for page in pages)
    told = text(writer.get("/explore/data/models/shop/ml/fresh/version/1/run"))
    assert f'href="{here}/runs/{one.run}"' in told
    assert f'href="{here}/models/{one.model}"' in told
    reader = as_user(cast.reader)
    assert not any("shop.ml.fresh" in text(reader.get(page)) for page in pages)


def test_a_source_that_the_form_does_not_offer_is_refused(as_user, cast, one, here):
    fields = {"source": "models:/m-elsewhere", "destination": "shop.ml.fresh"}
    assert "Select a valid choice" in text(as_user(cast.writer).post(f"{here}/runs/{one.run}/register", fields))
    assert "has logged no model" in text(as_user(cast.writer).get(f"{here}/runs/{one.other}/register"))
    assert not Job.objects.exists()


def test_a_version_tells_of_its_run_as_far_as_the_reader_may_see_it(as_user, cast, one):
    ModelVersion.objects.filter(pk=cast.version.pk).update(run_id=one.run)
    fragment = "/explore/data/models/shop/ml/churn/version/1/run"
    assert "first" in text(as_user(cast.reader).get(fragment))
    Experiment.objects.get().group_grants.all().delete()
    assert "first" not in text(as_user(cast.reader).get(fragment))
    assert as_user(cast.browser).get(fragment).status_code == 403


def test_what_has_no_answer_says_so_and_the_catalog_goes_on(as_user, cast, one, here, monkeypatch):
    ModelVersion.objects.filter(pk=cast.version.pk).update(run_id=one.run)

    def silence(*args, **options):
        raise TrackingUnavailable("The part of this server that keeps runs does not answer. Ask again.")

    monkeypatch.setattr(wire, "ask", silence)
    reader = as_user(cast.reader)
    for page in (here, f"{here}/runs/{one.run}"):
        answer = reader.get(page)
        assert answer.status_code == 503
        assert "does not answer" in text(answer)
    assert reader.get("/ml/experiments").status_code == 200
    assert reader.get("/explore/data/models/shop/ml/churn/version/1").status_code == 200
    assert "does not answer" in text(reader.get("/explore/data/models/shop/ml/churn/version/1/run"))


def test_a_server_without_runs_says_so(as_user, cast, settings):
    settings.KEEPS_RUNS = False
    assert "keeps no experiments" in text(as_user(cast.admin).get("/ml/experiments"))
    assert "Experiments" not in text(as_user(cast.admin).get("/explore/data"))


def test_the_palette_registers_on_the_page_of_a_run(as_user, cast, one, here):
    writer = as_user(cast.writer)
    page = text(writer.get("/explore/palette", {"q": "register", "page": f"{here}/runs/{one.run}"}))
    assert f"{here}/runs/{one.run}/register" in page
    assert "Register model" not in text(writer.get("/explore/palette", {"q": "register", "page": "/ml/experiments"}))
    assert f'href="{here}"' in text(writer.get("/explore/palette", {"q": one.name}))
    assert f'href="{here}"' not in text(as_user(cast.stranger).get("/explore/palette", {"q": one.name}))
    writer = as_user(cast.writer)
    assert "Go to experiments" in text(writer.get("/explore/palette", {"q": "experiments"}))


def test_pages_ask_few_questions(as_user, cast, one, here, django_assert_max_num_queries):
    reader = as_user(cast.reader)
    pages = [
        "/ml/experiments", here, *(f"{here}?activeTab={tab}" for tab in ("models", "permissions", "activity")),
        f"{here}/runs/{one.run}", f"{here}/runs/{one.run}?activeTab=metrics", f"{here}/models/{one.model}",
        f"{here}/runs/{one.run}/register", f"/ml/runs/compare?run={one.run}&run={one.other}",
    ]  # fmt: skip
    for page in pages:
        with django_assert_max_num_queries(30):
            assert reader.get(page).status_code == 200


def test_experiments_are_managed_in_the_browser(as_user, cast, one, here):
    owner, stranger = (partial(as_user, member) for member in (cast.owner, cast.stranger))
    answer = owner().post("/ml/experiments/create", {"name": f"{one.name} 2"})
    assert answer.status_code == 302
    made = Experiment.objects.get(name=f"{one.name} 2")
    assert answer["Location"] == f"/ml/experiments/{made.experiment_id}"
    assert "already exists" in text(owner().post("/ml/experiments/create", {"name": one.name}))
    owner().post(f"{here}/rename", {"name": f"{one.name} 3"})
    owner().post(f"{here}/describe", {"comment": "What it is **for**"})
    assert "<strong>for</strong>" in text(owner().get(here))
    owner().post(
        f"/explore/grants/experiment/{one.experiment}/grant",
        {"principal": str(cast.stranger), "privileges": "CAN_READ"},
    )
    assert stranger().get(here).status_code == 200
    revoke = f"/explore/grants/experiment/{one.experiment}/revoke?principal={cast.stranger}"
    owner().post(revoke, {"privileges": "CAN_READ"})
    assert stranger().get(here).status_code == 404
    owner().post(f"{here}/delete")
    assert "its runs are deleted" in text(owner().get(here))
    owner().post(f"{here}/restore")
    owner().post(f"{here}/owner", {"principal": str(cast.stranger)})
    activity = text(stranger().get(f"{here}?activeTab=activity"))
    for told in ("renamed the experiment", "deleted the experiment", "restored the experiment", "owner"):
        assert told in activity
    explained = text(stranger().get(f"{here}?activeTab=permissions&operation=EDIT_EXPERIMENT"))
    assert "owns the experiment" in explained
