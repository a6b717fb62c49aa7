"""MLflow's tracking API, as its clients ask for it: ``/api/2.0/mlflow/…``, ``/api/3.0/mlflow/…``, ``/v1/traces``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from registry import limits
from registry.api.base import ApiView
from registry.api.fields import Items, TextField
from registry.api.mlflow_rest.logged_models import LoggedModel
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import Experiment
from registry.tracking import door, experiments, run_changes, wire
from registry.tracking.answers import Answer
from registry.tracking.api import addresses
from registry.tracking.names import EXPERIMENT, RUN, SPANS_ELSEWHERE
from registry.tracking.routes import Route

_LISTED = ("max_results", "page_token", "view_type")
_RUNS_AT_ONCE = 250
"""Runs that are deleted, or restored, by one call, which takes seconds: the answer says how many they were."""
_REPEATED = ("experiment_ids", "run_ids", "trace_ids", "order_by")
"""Parameters of a query that are lists."""


class BytesParser(BaseParser):
    """Read a body as it is, up to DATA_UPLOAD_MAX_MEMORY_SIZE (which the server in front of Django enforces)."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read()


class TrackingView(ApiView):
    """A call that MLflow's process answers. Its contract is MLflow's, and is in no document of ours."""

    schema = None  # type: ignore[assignment]
    has_otherwise = False
    """Whether there is an answer where no runs are kept."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not settings.KEEPS_RUNS and not self.has_otherwise:
            raise Http404

    def params(self, path: dict[str, str]) -> dict[str, Any]:
        """Return what the request names, in its query or in its body, and in its path."""
        query = self.request.query_params
        asked = {name: query.getlist(name) if name in _REPEATED else query[name] for name in query if name != "o"}
        if self.request.method == "GET":
            if self.request.data:
                raise InvalidParameterValue("The parameters of a GET stand in its query.")
            return {**asked, **path}
        body: dict[str, Any] = self.request.data  # type: ignore[assignment]  # JsonParser makes nothing else
        return {**(asked if self.request.method == "DELETE" else {}), **body, **path}

    def answered(self, answer: Answer) -> HttpResponseBase:
        if answer.status >= 400:
            content = answer.json() if answer.content_type.startswith("application/json") else {}
            words = str(content.get("message", "MLflow refused the request."))
            code = str(content.get("error_code", "INVALID_PARAMETER_VALUE"))
            # A state of the trace, not a failure of the server: its spans are a separate file.
            status, code = (400, "INVALID_STATE") if words == SPANS_ELSEWHERE else (answer.status, code)
            return self.error(status, code, words)
        is_databricks = addresses.is_databricks(self.actor.user_agent)
        body = addresses.translated(answer.body) if is_databricks else answer.body
        return HttpResponse(body, status=answer.status, content_type=answer.content_type)


class Forward(TrackingView):
    """Calls that go through as they are, once every id in them is checked: one path, a route for each method."""

    routes: Sequence[Route] = ()

    def _pass_on(self, request: Request, **path: str) -> HttpResponseBase:
        route = next(route for route in self.routes if route.method == request.method)
        where = request.path.lstrip("/")
        return self.answered(door.pass_on(actor=self.actor, route=route, path=where, params=self.params(path)))

    get = post = patch = delete = _pass_on


class ForwardLoggedModel(Forward):
    """The same for one logged model. Versions that came without a run are logged models, too, and are known here."""

    has_otherwise = True
    otherwise: type[ApiView] = LoggedModel

    def _pass_on(self, request: Request, **path: str) -> HttpResponseBase:
        if settings.KEEPS_RUNS and self._is_known(path["model_id"]):
            return super()._pass_on(request, **path)
        return self.otherwise.as_view()(request._request, **path)

    def _is_known(self, model_id: str) -> bool:
        """Whether the caller can see it: hidden and missing models are reported alike, as versions would be."""
        try:
            door.require(self.actor, Operation.READ_EXPERIMENT, [("model", model_id)])
        except DoesNotExist:
            return False
        return True

    get = post = patch = delete = _pass_on


class Named(serializers.Serializer[Any]):
    experiment_name = serializers.CharField(trim_whitespace=False)


class Tag(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=250, trim_whitespace=False)
    value = TextField(default="", max_length=5_000)


class NewExperiment(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False)
    artifact_location = TextField(default="", allow_null=True)
    tags = Items(Tag(), default=list, max_length=limits.TAGS_PER_CALL)

    def validate_artifact_location(self, value: str | None) -> str:
        if value:
            raise serializers.ValidationError("The artifacts of runs lie in this server's own storage.")
        return ""


class Identified(serializers.Serializer[Any]):
    experiment_id = serializers.IntegerField(min_value=0, max_value=2**63 - 1)


class DeletedRuns(Identified):
    max_timestamp_millis = serializers.IntegerField(min_value=0, max_value=2**53)
    max_runs = serializers.IntegerField(default=_RUNS_AT_ONCE, min_value=1, max_value=_RUNS_AT_ONCE)


class RestoredRuns(Identified):
    min_timestamp_millis = serializers.IntegerField(min_value=0, max_value=2**53)
    max_runs = serializers.IntegerField(default=_RUNS_AT_ONCE, min_value=1, max_value=_RUNS_AT_ONCE)


class Renamed(Identified):
    new_name = serializers.CharField(trim_whitespace=False)


class ExperimentView(TrackingView):
    """Calls about one experiment, which is a securable of ours."""

    def experiment(self, params: dict[str, Any]) -> Experiment:
        return experiments.get_experiment(actor=self.actor, experiment_id=params["experiment_id"])


class GetExperimentByName(ExperimentView):
    def get(self, request: Request) -> HttpResponseBase:
        name = self.parse(Named)["experiment_name"]
        try:
            row = experiments.get_experiment_by_name(actor=self.actor, name=name)
        except DoesNotExist as error:
            raise DoesNotExist(f"Could not find experiment with name '{name[:300]}'") from error
        return self.answered(experiments.read_experiment(row))


class CreateExperiment(ExperimentView):
    def post(self, request: Request) -> Response:
        params = self.parse(NewExperiment)
        row = experiments.create_experiment(actor=self.actor, name=params["name"], tags=params["tags"])
        return Response({"experiment_id": str(row.experiment_id)})


class SearchExperiments(ExperimentView):
    def get(self, request: Request) -> HttpResponseBase:
        return self.answered(experiments.search_experiments(actor=self.actor, params=self.params({})))

    post = get


class UpdateExperiment(ExperimentView):
    def post(self, request: Request) -> Response:
        params = self.parse(Renamed)
        row = self.experiment(params)
        experiments.rename_experiment(actor=self.actor, experiment=row, name=params["new_name"])
        return Response({})


class DeleteExperiment(ExperimentView):
    def post(self, request: Request) -> Response:
        experiments.delete_experiment(actor=self.actor, experiment=self.experiment(self.parse(Identified)))
        return Response({})


class RestoreExperiment(ExperimentView):
    def post(self, request: Request) -> Response:
        experiments.restore_experiment(actor=self.actor, experiment=self.experiment(self.parse(Identified)))
        return Response({})


class ListExperiments(ExperimentView):
    """Return the same as a search, as databricks-sdk asks for it."""

    def get(self, request: Request) -> HttpResponseBase:
        params = {name: value for name, value in self.params({}).items() if name in _LISTED}
        return self.answered(experiments.search_experiments(actor=self.actor, params=params))


class DeleteRuns(ExperimentView):
    """Delete runs by their age, as databricks-sdk does."""

    def post(self, request: Request) -> Response:
        params = self.parse(DeletedRuns)
        key, until, most = params["experiment_id"], params["max_timestamp_millis"], params["max_runs"]
        deleted = run_changes.delete_runs_until(actor=self.actor, experiment_id=key, until=until, most=most)
        return Response({"runs_deleted": deleted})


class RestoreRuns(ExperimentView):
    """Restore runs by when they were deleted, as databricks-sdk does."""

    def post(self, request: Request) -> Response:
        params = self.parse(RestoredRuns)
        key, since, most = params["experiment_id"], params["min_timestamp_millis"], params["max_runs"]
        restored = run_changes.restore_runs_since(actor=self.actor, experiment_id=key, since=since, most=most)
        return Response({"runs_restored": restored})


class ServerInfo(TrackingView):
    """Return what this server can do, as MLflow's client asks before it transfers files."""

    def get(self, request: Request) -> Response:
        return Response(
            {
                "store_type": "SqlStore",
                "workspaces_enabled": False,
                "trace_archival_enabled": False,
                "multipart_uploads_enabled": True,
                "multipart_downloads_enabled": True,
            }
        )


class Version(TrackingView):
    """Return the release of MLflow's store, as its client asks before it sends spans."""

    def get(self, request: Request) -> HttpResponseBase:
        answer = wire.ask("GET", "version", scope="")
        return HttpResponse(answer.body, status=answer.status, content_type="text/plain; charset=utf-8")


class Spans(TrackingView):
    """Receive spans as OpenTelemetry sends them: protobuf, with the experiment in a header."""

    parser_classes = (BytesParser,)  # type: ignore[assignment]

    def post(self, request: Request) -> HttpResponseBase:
        ids = {"experiment_id": request.headers.get(EXPERIMENT, ""), "run_id": request.headers.get(RUN, "")}
        body: Any = request.data or b""
        return self.answered(door.take_spans(actor=self.actor, ids=ids, body=body))
