"""One walk through MLflow's tracking API by its stock client, whatever server it asks."""

import time

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

BEGAN = 1_790_000_000_000


def refused(act, *args, **options):
    """Do what a server refuses: what it says is part of the scenario."""
    try:
        act(*args, **options)
    except MlflowException:
        return
    raise AssertionError(f"{act.__name__} was not refused")


def walk(uri, folder):
    """Ask the server at ``uri`` for everything once, and for what it refuses."""
    client = MlflowClient(tracking_uri=uri)
    first, second = walk_experiments(client)
    runs = walk_runs(client, first)
    walk_metrics(client, runs)
    walk_searches(client, first, second)
    walk_inputs(client, runs)
    walk_artifacts(client, runs, folder)
    walk_models(client, first, runs)
    walk_traces(client, first)
    walk_deletions(client, first, second, runs)


def walk_experiments(client):
    first = client.create_experiment("first", tags={"team": "ml"})
    second = client.create_experiment("second")
    for name in ("first", "second", "nobody's"):
        client.get_experiment_by_name(name)
    client.get_experiment(first)
    refused(client.get_experiment, "987654")
    refused(client.create_experiment, "first")
    client.set_experiment_tag(first, "purpose", "a test")
    client.set_experiment_tag(first, "purpose", "another")
    client.rename_experiment(second, "renamed")
    refused(client.rename_experiment, second, "first")
    named = "name != 'Default'"
    for where in (named, "name LIKE 'fir%'", "name ILIKE 'FIR%'", "tags.team = 'ml'", "name = 'nothing'"):
        client.search_experiments(filter_string=where)
    for order in (["name ASC"], ["name DESC"], ["creation_time ASC"]):
        client.search_experiments(filter_string=named, order_by=order)
    page = client.search_experiments(filter_string=named, max_results=1, order_by=["name"])
    client.search_experiments(filter_string=named, max_results=1, order_by=["name"], page_token=page.token)
    refused(client.search_experiments, filter_string="what = 'x'")
    refused(client.search_experiments, filter_string="name LIKE")
    client.delete_experiment(second)
    client.get_experiment(second)
    client.search_experiments(filter_string=named, view_type=ViewType.DELETED_ONLY)
    client.search_experiments(filter_string=named, view_type=ViewType.ALL, order_by=["name"])
    refused(client.create_run, second)
    client.restore_experiment(second)
    return first, second


def walk_runs(client, experiment):
    runs = []
    for number in range(4):
        tags = {"number": str(number), "mlflow.source.name": "train.py"}
        run = client.create_run(experiment, start_time=BEGAN + number, tags=tags, run_name=f"run {number}")
        runs.append(run.info.run_id)
        client.log_param(runs[-1], "depth", number)
        client.log_param(runs[-1], "kind", "forest" if number % 2 else "tree")
    nested = client.create_run(
        experiment, start_time=BEGAN + 50, tags={"mlflow.parentRunId": runs[0]}, run_name="nested"
    )
    runs.append(nested.info.run_id)
    for run in runs:
        client.get_run(run)
    refused(client.get_run, "0" * 32)
    refused(client.log_param, runs[0], "depth", "another")
    client.log_param(runs[0], "depth", 0)
    client.set_tag(runs[0], "team", "ml")
    client.set_tag(runs[0], "team", "data")
    client.delete_tag(runs[0], "team")
    refused(client.delete_tag, runs[0], "team")
    client.set_tag(runs[0], "mlflow.note.content", "About *this*")
    client.update_run(runs[1], name="renamed")
    client.update_run(runs[1], status="SCHEDULED")
    client.get_parent_run(runs[4])
    client.set_terminated(runs[2], "FAILED", BEGAN + 9_000)
    client.set_terminated(runs[3], end_time=BEGAN + 8_000)
    client.get_run(runs[3])
    return runs


def walk_metrics(client, runs):
    for step in range(6):
        client.log_metric(runs[0], "loss", 1 / (step + 1), timestamp=BEGAN + step, step=step)
    for number, run in enumerate(runs[:4]):
        client.log_metric(run, "accuracy", 0.5 + number / 10, timestamp=BEGAN, step=0)
    for place, value in enumerate((float("nan"), float("inf"), float("-inf"), 1e300, -0.0)):
        client.log_metric(runs[1], f"odd/{place}", value, timestamp=BEGAN, step=-3)
    refused(client.log_metric, runs[1], "odd(name)", 1)
    metrics = [Metric("batch", step * 1.5, BEGAN + step, step) for step in range(50)]
    client.log_batch(runs[0], metrics=metrics, params=[Param("a", "1"), Param("b", "2")], tags=[RunTag("c", "3")])
    refused(client.log_batch, runs[0], params=[Param("a", "other")])
    refused(client.log_batch, runs[0], params=[Param("twice", "1"), Param("twice", "2")])
    refused(client.log_batch, "0" * 32, metrics=metrics[:1])
    for key in ("loss", "batch", "nothing"):
        client.get_metric_history(runs[0], key)
    for run in runs[:2]:
        client.get_run(run)


def walk_searches(client, first, second):
    both = [first, second]
    for where in (
        "", "metrics.accuracy > 0.6", "metrics.accuracy <= 0.6 and params.kind = 'tree'", "params.depth != '1'",
        "tags.number = '2'", "tags.`mlflow.source.name` = 'train.py'", "params.kind LIKE 'for%'",
        "params.kind ILIKE 'FOR%'", "attributes.status = 'FAILED'", "attributes.run_name = 'renamed'",
        "attributes.run_name LIKE 'run%'", "start_time >= 1790000000001", "attributes.run_name != 'run 0'",
        "metrics.`odd/0` = 1", "params.nothing IS NULL", "tags.c IS NOT NULL", "attributes.end_time > 1",
    ):  # fmt: skip
        client.search_runs(both, where, order_by=["start_time ASC"])
    for order in ("metrics.accuracy ASC", "metrics.accuracy DESC", "params.depth DESC", "tags.number ASC",
                  "attributes.run_name DESC", "metrics.`odd/0` ASC", "attributes.status ASC"):  # fmt: skip
        client.search_runs(both, order_by=[order])
    page = client.search_runs(both, order_by=["run_name"], max_results=2)
    while page.token:
        page = client.search_runs(both, order_by=["run_name"], max_results=2, page_token=page.token)
    refused(client.search_runs, both, "what.is = this")
    refused(client.search_runs, both, "metrics.loss LIKE 'x'")
    refused(client.search_runs, both, order_by=["nothing at all"])
    refused(client.search_runs, both, max_results=1_000_000)
    client.search_runs([])


def walk_inputs(client, runs):
    sources = {"iris": ("s3", '{"uri": "s3://lake/iris.csv"}'), "t": ("delta_table", '{"delta_table_name": "a.b.t"}')}
    inputs = [
        DatasetInput(
            Dataset(name, "d1", kind, source, schema="{}", profile="{}"), [InputTag("mlflow.data.context", name)]
        )
        for name, (kind, source) in sources.items()
    ]
    client.log_inputs(runs[0], inputs)
    client.log_inputs(runs[0], inputs[:1])
    refused(client.log_inputs, "0" * 32, inputs)
    client.get_run(runs[0])
    experiment = client.get_run(runs[0]).info.experiment_id
    for where in ("dataset.name = 'iris'", "dataset.digest = 'd2'", "dataset.context = 't'"):
        client.search_runs([experiment], where)


def walk_artifacts(client, runs, folder):
    client.log_text(runs[0], "hello", "notes/a.txt")
    client.log_dict(runs[0], {"a": [1, 2]}, "conf.json")
    client.list_artifacts(runs[0])
    client.list_artifacts(runs[0], "notes")
    client.list_artifacts(runs[0], "nothing")
    client.list_artifacts(runs[1])
    client.download_artifacts(runs[0], "notes/a.txt", str(folder))
    client.download_artifacts(runs[0], "", str(folder))


def walk_models(client, experiment, runs):
    model = client.create_logged_model(experiment, "forest", runs[0], tags={"a": "b"}, params={"depth": "4"})
    other = client.create_logged_model(experiment, "tree")
    client.log_model_params(model.model_id, {"more": "5"})
    client.set_logged_model_tags(model.model_id, {"c": "d", "a": "e"})
    client.delete_logged_model_tag(model.model_id, "c")
    refused(client.delete_logged_model_tag, model.model_id, "nothing")
    client.log_metric(runs[0], "of model", 0.25, timestamp=BEGAN, step=1, model_id=model.model_id)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.finalize_logged_model(other.model_id, LoggedModelStatus.FAILED)
    for key in (model.model_id, other.model_id):
        client.get_logged_model(key)
    refused(client.get_logged_model, f"m-{'0' * 32}")
    for where in (None, "name = 'forest'", "params.depth = '4'", "metrics.`of model` > 0.2", "tags.a = 'e'"):
        client.search_logged_models([experiment], where, order_by=[{"field_name": "name"}])
    page = client.search_logged_models([experiment], max_results=1, order_by=[{"field_name": "name"}])
    client.search_logged_models([experiment], max_results=1, order_by=[{"field_name": "name"}], page_token=page.token)
    client.get_run(runs[0])
    client.delete_logged_model(other.model_id)
    refused(client.get_logged_model, other.model_id)
    client.search_logged_models([experiment])


def walk_traces(client, experiment):
    for place, name in enumerate(("one", "two")):
        span = client.start_trace(
            name, inputs={"q": 1}, tags={"k": name}, experiment_id=experiment, start_time_ns=(BEGAN + place) * 10**6
        )
        client.end_trace(span.trace_id, outputs={"a": 2}, end_time_ns=(BEGAN + 5) * 10**6)
    import mlflow

    mlflow.flush_trace_async_logging()
    time.sleep(0.5)
    client.set_trace_tag(span.trace_id, "team", "ml")
    client.delete_trace_tag(span.trace_id, "team")
    for where in (None, "tags.k = 'one'", "status = 'OK'"):
        client.search_traces(locations=[experiment], filter_string=where, include_spans=False)
    client.delete_traces(experiment, trace_ids=[span.trace_id])
    client.search_traces(locations=[experiment], include_spans=False)


def walk_deletions(client, first, second, runs):
    client.delete_run(runs[1])
    refused(client.log_metric, runs[1], "late", 1)
    client.get_run(runs[1])
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        client.search_runs([first], run_view_type=view, order_by=["run_name"])
    client.restore_run(runs[1])
    client.log_metric(runs[1], "late", 1, timestamp=BEGAN, step=0)
    refused(client.delete_run, "0" * 32)
    client.delete_experiment(first)
    client.get_run(runs[0])
    client.restore_experiment(first)
    client.get_run(runs[0])
    refused(client.delete_experiment, "987654")
    client.delete_experiment(second)
