import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry import tasks
from registry.jobs import refiling
from registry.models import Catalog, Job, RegisteredModel, Schema
from registry.names import FullName
from registry.services.finding import lookup
from registry.services.hierarchy import catalogs, registered_models, schemas
from registry.services.shared import finders
from tests.cast import actor
from tests.factories import RegisteredModelFactory, SchemaFactory
from tests.pages import text


@pytest.fixture
def many(cast, monkeypatch):
    """Seven models in two schemas of ``shop``, of which a worker files two at a time; one elsewhere."""
    monkeypatch.setattr(refiling, "AT_ONCE", 2)
    for number in range(4):
        RegisteredModelFactory(schema=cast.schema, name=f"m{number}")
    other = SchemaFactory(catalog=cast.catalog, name="other")
    for number in range(2):
        RegisteredModelFactory(schema=other, name=f"o{number}")
    RegisteredModelFactory()
    return cast


def rename(cast, new_name):
    catalog = Catalog.objects.get(pk=cast.catalog.pk)
    catalogs.update_catalog(actor=actor(cast.admin), catalog=catalog, new_name=new_name)
    return Job.objects.latest("created_at")


def run(job):
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    return job


def is_refiled():
    rows = RegisteredModel.objects.select_related("schema__catalog")
    return all(model.filed_as == model.full_name for model in rows)


@pytest.fixture
def stop_after(monkeypatch):
    """Let the worker die, or do something else, when it has filed so many batches."""

    def stop(batches, then):
        done, note = [], Job.file_done

        def file_done(job, count=1):
            note(job, count)
            done.append(count)
            if len(done) == batches:
                then()

        monkeypatch.setattr(Job, "file_done", file_done)

    return stop


def die():
    raise RuntimeError("The worker was killed.")


def test_lists_are_sorted_by_the_new_name_when_it_has_run(many):
    listed = registered_models.list_known_models(actor=actor(many.admin))
    RegisteredModelFactory(schema=SchemaFactory(catalog__name="snow", name="s"), name="between")
    job = run(rename(many, "zoo"))
    assert is_refiled()
    assert [model.full_name for model in listed][-7:] == [
        "zoo.ml.churn", "zoo.ml.m0", "zoo.ml.m1", "zoo.ml.m2", "zoo.ml.m3", "zoo.other.o0", "zoo.other.o1",
    ]  # fmt: skip
    assert (job.state, job.files_done, job.files_total, job.percent) == ("SUCCEEDED", 7, 7, 100)


def test_a_schema_s_rename_files_its_models_alone(many):
    schema = Schema.objects.get(name="other")
    schemas.update_schema(actor=actor(many.admin), schema=schema, new_name="zoo")
    job = run(Job.objects.get())
    assert is_refiled()
    assert job.files_done == 2


def test_when_it_has_ended_filters_go_by_the_index_again(many):
    def sql():
        with CaptureQueriesContext(connection) as captured:
            lookup.look_up(actor=actor(many.admin), text="zoo.ml", most=10)
        return " ".join(query["sql"] for query in captured)

    job = rename(many, "zoo")
    filed = re.compile(r'MATCH |UPPER\("registry_registeredmodel"."filed_as"::text\) LIKE')
    assert not filed.search(sql())
    run(job)
    assert filed.search(sql())


def test_a_worker_that_dies_in_the_middle_is_followed_by_another(many, stop_after, time_machine):
    job = rename(many, "zoo")
    stop_after(2, die)
    assert run(job).state == "RUNNING"
    assert not is_refiled()
    assert not [*lookup.look_up(actor=actor(many.admin), text="shop", most=10).everything]
    time_machine.move_to(timezone.now() + settings.JOB_STALE_AFTER + timedelta(seconds=1))
    assert list(Job.objects.due(timezone.now())) == [job]
    job = run(job)
    assert is_refiled()
    assert (job.state, job.attempts, job.files_done) == ("SUCCEEDED", 2, 3)


def test_it_is_never_given_up(many):
    job = rename(many, "zoo")
    Job.objects.update(attempts=settings.JOB_ATTEMPTS + 5)
    assert run(job).state == "SUCCEEDED"
    assert is_refiled()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_renames_end_with_the_last_name_whichever_job_runs_first(many, order):
    jobs = [rename(many, "first"), rename(many, "second")]
    for at in order:
        run(jobs[at])
        assert is_refiled()
    assert RegisteredModel.objects.filter(filed_as__startswith="second.").count() == 7


def test_a_rename_in_the_middle_is_followed(many, stop_after):
    job = rename(many, "first")
    stop_after(2, lambda: rename(many, "second"))
    run(job)
    run(Job.objects.latest("created_at"))
    assert is_refiled()
    assert Job.objects.filter(state="SUCCEEDED").count() == 2


def test_a_rename_back_in_the_middle_leaves_nothing_behind(many, stop_after):
    job = rename(many, "zoo")
    stop_after(2, lambda: run(rename(many, "shop")))
    run(job)
    assert is_refiled()


def test_it_may_run_twice_at_once(many, stop_after):
    job = rename(many, "zoo")
    twin = Job.objects.create(kind=Job.Kind.REFILE, container_uid=job.container_uid)
    stop_after(2, lambda: run(twin))
    assert run(job).state == "SUCCEEDED"
    assert is_refiled()


def test_what_is_made_or_renamed_meanwhile_is_filed_as_it_should_be(many, stop_after):
    asking = actor(many.admin)

    def change():
        for name in ("a-new-one", "zz-new-one"):
            registered_models.create_registered_model(actor=asking, full_name=FullName("zoo", "ml", name))
        for before, after in (("m0", "zz"), ("m3", "aa")):
            model = finders.get_registered_model(actor=asking, full_name=FullName("zoo", "ml", before))
            registered_models.update_registered_model(actor=asking, model=model, new_name=after)
        new = finders.get_registered_model(actor=asking, full_name=FullName("zoo", "ml", "aa"))
        assert (new.full_name, new.filed_as) == ("zoo.ml.aa", "zoo.ml.aa")

    job = rename(many, "zoo")
    stop_after(1, change)
    run(job)
    assert is_refiled()
    assert RegisteredModel.objects.filter(filed_as__startswith="zoo.").count() == 9


def test_a_model_that_was_found_before_the_rename_is_filed_under_the_new_name(cast):
    model = finders.get_registered_model(actor=actor(cast.admin), full_name=cast.name)
    rename(cast, "zoo")
    registered_models.update_registered_model(actor=actor(cast.admin), model=model, new_name="loyalty")
    assert (model.full_name, model.filed_as) == ("zoo.ml.loyalty", "zoo.ml.loyalty")
    assert is_refiled()


def test_a_container_that_is_gone_has_nothing_to_file(many):
    job = rename(many, "zoo")
    catalogs.delete_catalog(actor=actor(many.admin), catalog=many.catalog, force=True)
    assert run(job).state == "SUCCEEDED"


@pytest.mark.parametrize("state", ["QUEUED", "SUCCEEDED"])
def test_pages_show_it_beside_copies(as_user, many, state):
    job = rename(many, "zoo")
    if state == "SUCCEEDED":
        run(job)
    browser = as_user(many.admin)
    assert "under its new name" in browser.get("/settings/jobs").content.decode()
    page = text(browser.get(f"/explore/jobs/{job.pk}"))
    assert ("7 of 7" in page) == (state == "SUCCEEDED")
    assert "Models" in page
    assert "Cancel the copy" not in page
    assert "under its new name" not in browser.get("/explore/jobs").content.decode()
