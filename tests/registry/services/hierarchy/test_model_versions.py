import threading

import pytest
from django.db import connection

from accounts.models import User
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, PermissionDenied
from registry.models import AuditEvent, Job, ModelVersion
from registry.names import FullName, version_number
from registry.services.hierarchy import model_versions
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tags
from registry.services.metadata import aliases
from registry.services.versions import copies
from tests.cast import actor, grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, write

PENDING = ModelVersion.Status.PENDING_REGISTRATION


def create(user, model, source="/run/model", **options):
    return model_versions.create_model_version(actor=actor(user), model=model, origin=Origin(source=source, **options))


def test_versions_count_from_one_and_are_never_used_again(cast):
    model = RegisteredModelFactory(schema=cast.schema, owner_user=cast.owner)
    assert [create(cast.owner, model).version for _ in range(3)] == [1, 2, 3]
    model_versions.delete_model_version(actor=actor(cast.owner), version=model.versions.get(version=3))
    assert create(cast.owner, model).version == 4


@pytest.mark.django_db(transaction=True)
def test_versions_created_at_the_same_time_get_numbers_of_their_own(tmp_path):
    user = User.objects.create_superuser("admin@example.com")
    model = RegisteredModelFactory(schema__catalog=CatalogFactory())
    numbers, errors = [], []

    def work():
        try:
            numbers.extend(create(user, model).version for _ in range(5))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(numbers) == list(range(1, 21))


def test_a_version_is_created_pending_with_a_place_of_its_own(cast):
    first, second = create(cast.writer, cast.model), create(cast.writer, cast.model)
    assert first.status == PENDING
    assert first.storage_location != second.storage_location
    assert AuditEvent.objects.filter(action_name="createModelVersion").count() == 2


def test_finalizing_learns_from_mlmodel(cast):
    write(cast.pending, MLmodel="model_id: m-abc\nrun_id: r1\n")
    version = model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    assert (version.status, version.model_id, version.run_id) == ("READY", "m-abc", "r1")


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "{{{", "model_id: [1]", "\x00\x01", "&a [*a, *a]", "!!python/object:os.system {}"]
)
def test_a_version_has_a_model_id_whatever_mlmodel_says(cast, text):
    """MLflow's copy fails on an empty model_id."""
    write(cast.pending, MLmodel=text)
    version = model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    assert version.model_id.startswith("m-")
    assert len(version.model_id) == 34


@pytest.mark.parametrize(
    "text",
    ['run_id: "\\ud800"', 'run_id: "\\0"', "a: !!bool foo", "a: !!int ''", "a: !!timestamp x", "a: !!float ''",
     "run_id: 5",
     "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 30))],
)  # fmt: skip
def test_nothing_is_constructed_from_mlmodel(cast, text):
    """A few hundred bytes of merge keys would otherwise keep a worker busy for hours."""
    write(cast.pending, MLmodel=text)
    version = model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    assert version.run_id == ""


def test_the_source_of_a_copy_is_masked_for_who_may_not_know_of_it(cast):
    hidden = ModelVersionFactory()
    copy_ = ModelVersionFactory(registered_model=cast.model, copied_from=hidden, source="models:/hidden/1")
    versions = [copy_, cast.version]
    seen = {user: model_versions.sources_of(actor=actor(cast[user]), versions=versions) for user in ("reader", "admin")}
    assert seen["reader"] == {copy_.pk: "", cast.version.pk: "/somewhere/model"}
    assert seen["admin"][copy_.pk] == "models:/hidden/1"


def test_a_copy_to_a_new_model_makes_both_or_neither(cast):
    full_name = FullName("shop", "ml", "fresh")
    with pytest.raises(PermissionDenied):
        copies.copy_model_version_to(actor=actor(cast.writer), source=cast.version, full_name=full_name)
    assert not cast.schema.registered_models.filter(name="fresh").exists()


def test_finalizing_again_answers_ready_again(cast):
    version = model_versions.finalize_model_version(actor=actor(cast.owner), version=cast.version)
    assert version.status == "READY"


def test_a_version_without_files_is_not_finalized(cast):
    with pytest.raises(InvalidState, match="no artifacts"):
        model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


def test_a_failed_version_stays_failed(cast):
    cast.pending.fail("broken")
    write(cast.pending, MLmodel="")
    with pytest.raises(InvalidState):
        model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)


def test_the_source_makes_an_edge_only_to_what_its_creator_may_read(cast):
    hidden = ModelVersionFactory()
    seen = create(cast.writer, cast.model, source="models:/shop.ml.churn/1")
    assert seen.copied_from == cast.version
    cast.model.aliases.create(name="Champion", folded="champion", model_version=cast.version)
    assert create(cast.writer, cast.model, source="models:/shop.ml.churn@CHAMPION").copied_from == cast.version
    assert create(cast.writer, cast.model, source="models:/shop.ml.churn@other").copied_from is None
    for source in (
        f"models:/{hidden.registered_model.full_name}/1",
        "models:/a.b.c/1",
        "models:/x/1",
        "models:/a. .c/1",
    ):
        assert create(cast.writer, cast.model, source=source).copied_from is None


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "abc", "", "1e3", "９", str(10**10), "٣"])
def test_a_version_is_a_whole_number_from_one(version):
    with pytest.raises(InvalidParameterValue):
        version_number(version)


@pytest.mark.usefixtures("no_trash")
def test_deleting_a_version_deletes_its_aliases_and_queues_its_bytes(cast):
    aliases.set_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="Champion", version=1)
    location = cast.version.storage_location
    model_versions.delete_model_version(actor=actor(cast.owner), version=cast.version)
    assert not cast.model.aliases.exists()
    assert Job.objects.get().storage_location == location


def test_a_stranger_cannot_learn_which_versions_exist(cast):
    for version in (1, 99):
        with pytest.raises(DoesNotExist, match="Routine or Model 'shop.ml.churn' does not exist"):
            model_versions.read_model_version(actor=actor(cast.stranger), full_name=cast.name, version=version)


# Copying


@pytest.fixture
def destination(cast):
    return RegisteredModelFactory(schema=cast.schema, name="destination", owner_user=cast.reader)


def copy(user, source, destination):
    return copies.copy_model_version(actor=actor(user), source=source, destination=destination)


def test_a_copy_starts_pending_and_takes_description_and_tags_along(cast, destination):
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="k", value="v")
    ModelVersion.objects.filter(pk=cast.version.pk).update(comment="words", model_id="m-1", run_id="r")
    cast.version.refresh_from_db()
    job = copy(cast.reader, cast.version, destination)
    target = job.target
    assert (job.kind, job.state, job.created_by) == (Job.Kind.COPY, Job.State.QUEUED, cast.reader)
    assert (target.status, target.comment, target.copied_from) == (PENDING, "words", cast.version)
    assert (target.source, target.model_id, target.run_id) == ("models:/shop.ml.churn/1", "m-1", "r")
    assert dict(target.tags.values_list("key", "value")) == {"k": "v"}
    assert AuditEvent.objects.filter(action_name="copyModelVersion", actor="reader@example.com").exists()


def test_reader_needs_create_on_destination(cast):
    with pytest.raises(PermissionDenied, match="CREATE MODEL VERSION on Routine or Model 'shop.ml.churn'"):
        copy(cast.reader, cast.version, cast.model)


def test_writer_needs_execute_on_source(cast):
    with pytest.raises(PermissionDenied, match="EXECUTE on Routine or Model 'shop.ml.churn'"):
        copy(cast.writer, cast.version, cast.model)


def test_a_stranger_cannot_copy_what_does_not_exist_for_them(cast, destination):
    grant(cast.stranger, destination, "MANAGE")
    with pytest.raises(DoesNotExist):
        copy(cast.stranger, cast.version, destination)


def test_only_a_ready_version_is_copied(cast, destination):
    grant(cast.reader, cast.model, "EXECUTE")
    with pytest.raises(InvalidState):
        copy(cast.reader, cast.pending, destination)


def test_a_version_that_a_job_fills_cannot_be_finalized(cast, destination):
    target = copy(cast.reader, cast.version, destination).target
    write(target, MLmodel="")
    with pytest.raises(InvalidState, match="being copied"):
        model_versions.finalize_model_version(actor=actor(cast.reader), version=target)


def test_a_model_is_as_large_as_its_versions(cast):
    def size():
        cast.model.refresh_from_db()
        return cast.model.size

    stale = ModelVersion.objects.get(pk=cast.pending.pk)
    write(cast.pending, MLmodel="flavors: {}\n")
    model_versions.finalize_model_version(actor=actor(cast.owner), version=cast.pending)
    assert cast.pending.size == size() == 12
    with pytest.raises(InvalidState):
        stale.finalize(size=100)
    assert size() == 12
    model_versions.delete_model_version(actor=actor(cast.owner), version=stale)
    assert size() == 0


def test_a_version_is_deleted_once(cast):
    twice = ModelVersion.objects.get(pk=cast.version.pk)
    model_versions.delete_model_version(actor=actor(cast.admin), version=cast.version)
    with pytest.raises(DoesNotExist):
        model_versions.delete_model_version(actor=actor(cast.admin), version=twice)
    assert AuditEvent.objects.filter(action_name="deleteModelVersion").count() == 1
