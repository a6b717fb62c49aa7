"""Experiments as securables: our row beside MLflow's, and what happens when one of the two is missing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import EVERYONE
from registry import authorization
from registry.authorization import Operation
from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    PermissionDenied,
    TrackingUnavailable,
)
from registry.models import AuditEvent, Experiment
from registry.privileges import Privilege
from registry.services.access import grants
from registry.tracking import experiments, wire
from tests.cast import actor
from tests.tracking import make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]


def fresh(prefix="an experiment"):
    return f"{prefix} {timezone.now().timestamp()}"


def in_mlflow(experiment_id):
    answer = wire.ask("GET", f"api/2.0/mlflow/experiments/get?experiment_id={experiment_id}", scope="*")
    return answer.json()["experiment"]


def test_whoever_creates_one_owns_it_and_it_is_told(cast, tracking):
    row = experiments.create_experiment(actor=actor(cast.stranger), name=fresh(), tags=[{"key": "k", "value": "v"}])
    assert (row.owner, row.created_by) == (cast.stranger, "stranger@example.com")
    assert in_mlflow(row.experiment_id)["name"] == row.name
    assert {"key": "k", "value": "v"} in in_mlflow(row.experiment_id)["tags"]
    event = AuditEvent.objects.get(action_name="createMlflowExperiment")
    assert (event.securable_type, event.securable_name) == ("EXPERIMENT", row.name)
    with pytest.raises(DoesNotExist):
        experiments.get_experiment(actor=actor(cast.owner), experiment_id=row.experiment_id)


def test_a_name_is_taken_once(cast, tracking):
    row = experiments.create_experiment(actor=actor(cast.owner), name=fresh())
    with pytest.raises(AlreadyExists, match="already exists"):
        experiments.create_experiment(actor=actor(cast.stranger), name=row.name)
    assert Experiment.objects.filter(name=row.name).count() == 1


def test_a_name_that_mlflow_alone_knows_is_taken(cast, tracking):
    one = make_logged()
    with pytest.raises(AlreadyExists):
        experiments.create_experiment(actor=actor(cast.owner), name=one.name)
    assert not Experiment.objects.filter(name=one.name).exists()


NAMES = [
    "", " ", " x", "x ", "a\0b", "a\nb", "x" * 257, "/", "/a/./b", "/a/", "//Users/owner@example.com/x",
    "/Users//owner@example.com/x", "/Users/owner@example.com/../writer@example.com/x",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_none(cast, tracking, name):
    with pytest.raises(InvalidParameterValue):
        experiments.create_experiment(actor=actor(cast.owner), name=name)


def test_a_users_folder_is_theirs(cast, tracking):
    mine = experiments.create_experiment(actor=actor(cast.owner), name=fresh("/Users/owner@example.com/x"))
    with pytest.raises(PermissionDenied, match="another user's"):
        experiments.create_experiment(actor=actor(cast.writer), name=fresh("/Users/owner@example.com/y"))
    name = fresh("/Users/stranger@example.com/x")
    with pytest.raises(PermissionDenied):
        experiments.rename_experiment(actor=actor(cast.owner), experiment=mine, name=name)
    for folder in ("/users/owner@example.com/x", "/USERS/owner@example.com/x", "/Ｕsers/owner@example.com/x"):
        with pytest.raises(PermissionDenied):
            experiments.create_experiment(actor=actor(cast.writer), name=fresh(folder))
    with pytest.raises(PermissionDenied):
        experiments.create_experiment(actor=actor(cast.writer), name="/Users/owner@example.com")
    experiments.create_experiment(actor=actor(cast.admin), name=fresh("/Users/owner@example.com/z"))


def test_what_is_shared_is_everybodys(cast, tracking):
    row = experiments.create_experiment(actor=actor(cast.owner), name=fresh("/Shared/x"))
    assert authorization.allows(actor(cast.stranger), Operation.MANAGE_EXPERIMENT, row)
    held = grants.list_grants(actor=actor(cast.owner), securable=row)
    assert [(str(each.principal), each.privilege) for each in held] == [(EVERYONE, Privilege.CAN_MANAGE)]


def test_rename_delete_and_restore_reach_both_rows(cast, logged):
    row, owner = logged.shared(cast), actor(cast.owner)
    name = fresh()
    experiments.rename_experiment(actor=owner, experiment=row, name=name)
    row.refresh_from_db()
    assert (row.name, in_mlflow(row.experiment_id)["name"]) == (name, name)
    experiments.delete_experiment(actor=owner, experiment=row)
    row.refresh_from_db()
    assert (row.is_deleted, in_mlflow(row.experiment_id)["lifecycle_stage"]) == (True, "deleted")
    experiments.restore_experiment(actor=owner, experiment=row)
    row.refresh_from_db()
    assert (row.is_deleted, in_mlflow(row.experiment_id)["lifecycle_stage"]) == (False, "active")
    told = AuditEvent.objects.filter(action_name__contains="Experiment").order_by("pk")
    assert [event.action_name.removesuffix("MlflowExperiment") for event in told] == ["rename", "delete", "restore"]


@pytest.mark.own_server
def test_a_row_whose_making_was_cut_off_is_settled(cast, tracking):
    one, long_ago = make_logged(), timezone.now() - timedelta(hours=1)
    names = {"created_by": "x", "updated_by": "x", "created_at": long_ago}
    made = Experiment.objects.create(name=one.name, owner_user=cast.owner, **names)
    never = Experiment.objects.create(name=fresh(), owner_user=cast.owner, **names)
    under_way = Experiment.objects.create(name=fresh("now"), owner_user=cast.owner, created_by="x", updated_by="x")
    experiments.settle_all()
    made.refresh_from_db()
    assert made.experiment_id == int(one.experiment)
    assert not Experiment.objects.filter(pk=never.pk).exists()
    assert Experiment.objects.filter(pk=under_way.pk, experiment_id=None).exists()
    assert under_way not in experiments.list_experiments(actor=actor(cast.owner))


def test_a_name_left_behind_is_free_again(cast, tracking):
    name, long_ago = fresh(), timezone.now() - timedelta(hours=1)
    Experiment.objects.create(name=name, created_by="x", updated_by="x", created_at=long_ago)
    row = experiments.create_experiment(actor=actor(cast.writer), name=name)
    assert row.owner == cast.writer


def test_an_answer_that_is_lost_keeps_the_row_until_it_is_known(cast, tracking, monkeypatch):
    real = wire.ask

    def lost(*args, **kwargs):
        real(*args, **kwargs)
        raise TrackingUnavailable("gone")

    monkeypatch.setattr(wire, "ask", lost)
    name = fresh()
    with pytest.raises(TrackingUnavailable):
        experiments.create_experiment(actor=actor(cast.owner), name=name)
    monkeypatch.setattr(wire, "ask", real)
    row = Experiment.objects.get(name=name)
    assert row.experiment_id is None
    experiments.settle(row)
    row.refresh_from_db()
    assert in_mlflow(row.experiment_id)["name"] == name


@pytest.mark.own_server
def test_everybody_logs_to_the_default_experiment(cast, tracking, api):
    experiments.prepare()
    experiments.prepare()
    run = api(cast.stranger).ok("POST", "/api/2.0/mlflow/runs/create", {})["run"]
    assert run["info"]["experiment_id"] == "0"
    row = Experiment.objects.get(experiment_id=0)
    assert not authorization.allows(actor(cast.stranger), Operation.MANAGE_EXPERIMENT, row)


def test_grants_count_from_the_next_request(cast, logged, api):
    row = logged.row(cast.owner)
    ask, about = api(cast.stranger), f"/api/2.0/mlflow/runs/get?run_id={logged.run}"
    assert ask(*("GET", about)).status_code == 404
    change = grants.GrantChange(cast.stranger, add=(Privilege.CAN_READ,))
    grants.update_grants(actor=actor(cast.owner), securable=row, changes=[change])
    assert ask("GET", about).status_code == 200
    change = grants.GrantChange(cast.stranger, remove=(Privilege.CAN_READ,))
    grants.update_grants(actor=actor(cast.owner), securable=row, changes=[change])
    assert ask("GET", about).status_code == 404


def test_an_artifact_location_of_ones_own_is_refused_by_name(api, cast, tracking):
    body = {"name": fresh(), "artifact_location": "s3://mine/x"}
    assert api(cast.owner).error("POST", "/api/2.0/mlflow/experiments/create", body)[0] == 400
