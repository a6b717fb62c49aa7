"""The trash: what is deleted is gone, and comes back as it was."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core import serializers
from django.utils import timezone

from accounts.models import Scope
from registry import clock, tasks
from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
    QuotaExceeded,
)
from registry.models import (
    AuditEvent,
    Catalog,
    DiscussionComment,
    Job,
    LineageNode,
    ModelVersion,
    RegisteredModel,
    Schema,
    TrashedFiles,
    TrashEntry,
)
from registry.privileges import Privilege
from registry.services.access import access_requests
from registry.services.activity import discussions, watching
from registry.services.administration import integrity
from registry.services.finding import pins
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.labels import certification, tags
from registry.services.metadata import aliases
from registry.services.shared import counters
from registry.services.trash import entries
from registry.services.versions import copies
from registry.storage import artifact_store
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory, TableFactory, put, write

HAPPENED = {"AuditEvent", "AuditSeal", "DenialTally", "EventCursor", "Clock", "Revision"}
"""Tables that tell what has happened: deleting and restoring are among that."""
DAY = timedelta(days=1)


@pytest.fixture
def model(cast):
    """``shop.ml.churn`` with everything that a model can have, and what refers to it from elsewhere."""
    owner, reader, model = actor(cast.owner), actor(cast.reader), cast.model
    second = write(ModelVersionFactory(registered_model=model), MLmodel="flavors: {}")
    second.artifacts.create(path="MLmodel", size=11, sha256="0" * 64)
    model_versions.update_model_version(actor=owner, version=second, comment="The better one.")
    aliases.set_registered_model_alias(actor=owner, model=model, alias="Champion", version=second.version)
    tags.update_tags(actor=owner, subject=model, added={"team": "risk"}, removed=())
    tags.update_tags(actor=owner, subject=second, added={"stage": "late"}, removed=())
    certification.certify(actor=actor(cast.admin), securable=model, status="deprecated")
    thread = discussions.add_comment(actor=reader, subject=model, text="What does @owner@example.com say?")
    discussions.answer_comment(actor=owner, thread=thread, text="Fine.")
    discussions.add_comment(actor=reader, subject=second, text="Loads.")
    watching.watch(actor=reader, model=model, level=watching.Level.EVERYTHING)
    pins.pin(actor=reader, securable=model)
    other = RegisteredModelFactory(schema=cast.schema, name="other", owner_user=cast.owner)
    copies.copy_model_version(actor=owner, source=second, destination=other)
    grant(cast.writer, model, "APPLY TAG")
    access_requests.request_access(
        actor=owner, securable=model, privileges=[Privilege.MANAGE], principal=Group.objects.get(name="readers")
    )
    TableFactory(schema=cast.schema, name="features")
    return model


def dump(*, but=()):
    """Every row of ours, without those that tell what has happened, and without the columns ``but``."""
    rows = {}
    for table in apps.get_app_config("registry").get_models():
        if table.__name__ not in HAPPENED and not table.__name__.startswith("Trash"):
            fields = [each.name for each in table._meta.concrete_fields if each.name not in but]
            rows[table.__name__] = serializers.serialize("json", table._base_manager.order_by("pk"), fields=fields)
    return rows


def require_same(before, after):
    assert {name: after[name] for name in before if before[name] != after[name]} == {}


def delete(row, user):
    match row:
        case Catalog():
            catalogs.delete_catalog(actor=actor(user), catalog=row, force=True)
        case Schema():
            schemas.delete_schema(actor=actor(user), schema=row, force=True)
        case RegisteredModel():
            registered_models.delete_registered_model(actor=actor(user), model=row)
        case ModelVersion():
            model_versions.delete_model_version(actor=actor(user), version=row)
    return TrashEntry.objects.latest("pk")


@pytest.mark.parametrize("kind", ["catalog", "schema", "model", "version"])
def test_what_is_restored_is_as_it_was(cast, model, kind):
    row = model.versions.get(version=3) if kind == "version" else {**vars(cast), "model": model}[kind]
    changed = ("updated_at", "updated_by") if kind == "version" else ()  # of the model, which is told of both
    before, uid = dump(but=changed), row.uid
    entry = delete(row, cast.admin)
    assert not type(row).objects.filter(uid=uid).exists()
    assert dump(but=changed) != before
    restored = entries.restore(actor=actor(cast.admin), uid=entry.uid)
    assert (restored.row.uid, restored.lost_aliases) == (uid, [])
    require_same(before, dump(but=changed))
    assert list(counters.mend()) == []
    assert TrashEntry.objects.count() == TrashedFiles.objects.count() == 0
    assert list(integrity.orphans()) == []
    assert AuditEvent.objects.filter(action_name="restoreFromTrash", actor="admin@example.com").exists()


def test_what_is_restored_is_found_again(cast, model):
    entry = delete(model, cast.owner)
    found = registered_models.list_registered_models(actor=actor(cast.owner), where="name LIKE '%churn%'")
    assert list(found) == []
    entries.restore(actor=actor(cast.owner), uid=entry.uid)
    assert [row.name for row in found.all()] == ["churn"]
    # Rights that came back count at once, also where others were remembered.
    assert registered_models.permission_level(actor=actor(cast.owner), model=RegisteredModel.objects.get(name="churn"))


def test_files_stay_as_long_as_the_entry(cast, model, time_machine):
    location = cast.version.storage_location
    entry = delete(model, cast.owner)
    assert not Job.objects.filter(kind="DELETE_ARTIFACTS").exists()
    assert set(integrity.orphans()) == set()
    assert (entry.ends_at - entry.deleted_at, entry.days_left) == (7 * DAY, 7)
    time_machine.move_to(timezone.now() + 6 * DAY)
    entries.end_entries()
    assert TrashEntry.objects.filter(pk=entry.pk).exists()
    time_machine.move_to(timezone.now() + DAY + timedelta(minutes=1))
    clock.tick()
    assert not TrashEntry.objects.exists()
    jobs = Job.objects.filter(kind="DELETE_ARTIFACTS")
    assert jobs.count() == 3
    for job in jobs:
        tasks.run_job(str(job.pk))
    assert artifact_store(location).list_files(location) == []
    event = AuditEvent.objects.get(action_name="purgeFromTrash")
    assert (event.parameters["full_name_arg"], event.parameters["versions"]) == ("shop.ml.churn", 3)


def test_without_days_nothing_is_kept(cast, model, settings):
    settings.TRASH_KEPT_FOR = timedelta(0)
    registered_models.delete_registered_model(actor=actor(cast.owner), model=model)
    assert not TrashEntry.objects.exists()
    assert Job.objects.filter(kind="DELETE_ARTIFACTS").count() == 3


def test_a_name_that_is_taken_asks_for_another(cast, model):
    entry = delete(model, cast.owner)
    RegisteredModelFactory(schema=cast.schema, name="churn")
    before = dump()
    with pytest.raises(AlreadyExists, match="another name"):
        entries.restore(actor=actor(cast.owner), uid=entry.uid)
    require_same(before, dump())
    with pytest.raises(InvalidParameterValue):
        entries.restore(actor=actor(cast.admin), uid=entry.uid, new_name="a/b")
    for name in ("other", "churn_old"):  # without the right to create, one does not learn which names are taken
        with pytest.raises(PermissionDenied):
            entries.restore(actor=actor(cast.owner), uid=entry.uid, new_name=name)
    grant(cast.owner, cast.schema, "CREATE MODEL")
    restored = entries.restore(actor=actor(cast.owner), uid=entry.uid, new_name="Churn_Old")
    assert restored.row.full_name == restored.row.filed_as == "shop.ml.churn_old"
    assert restored.row.versions.count() == 3


def test_a_version_gets_its_aliases_unless_they_moved(cast, model):
    second = model.versions.get(version=3)
    aliases.set_registered_model_alias(actor=actor(cast.owner), model=model, alias="Stable", version=3)
    entry = delete(second, cast.owner)
    aliases.set_registered_model_alias(actor=actor(cast.owner), model=model, alias="champion", version=1)
    restored = entries.restore(actor=actor(cast.owner), uid=entry.uid)
    assert restored.lost_aliases == ["Champion"]
    assert dict(model.aliases.values_list("name", "model_version__version")) == {"champion": 1, "Stable": 3}


def test_what_it_was_in_has_to_be_there(cast, model):
    of_version, of_model, of_schema = (
        delete(model.versions.get(version=3), cast.admin),
        delete(model, cast.admin),
        delete(cast.schema, cast.admin),
    )
    for entry in (of_version, of_model):
        with pytest.raises(InvalidState, match="Restore that first"):
            entries.restore(actor=actor(cast.admin), uid=entry.uid)
    for entry in (of_schema, of_model, of_version):
        entries.restore(actor=actor(cast.admin), uid=entry.uid)
    assert RegisteredModel.objects.get(name="churn").versions.count() == 3
    assert list(counters.mend()) == []


def test_containers_that_were_renamed_give_their_new_names(cast, model):
    entry = delete(model, cast.owner)
    catalogs.update_catalog(actor=actor(cast.admin), catalog=cast.catalog, new_name="store")
    row = entries.restore(actor=actor(cast.owner), uid=entry.uid).row
    assert row.full_name == row.filed_as == "store.ml.churn"


def test_what_it_refers_to_may_be_gone(cast, model):
    """An account with its grants, comments and pins; a version that it was copied from."""
    copied = write(ModelVersionFactory(registered_model=model, copied_from=cast.version))
    thread = DiscussionComment.objects.get(registered_model=model, model_version=None, thread=None)
    other = RegisteredModelFactory(schema=cast.schema, name="sink")
    of_copy = ModelVersionFactory(registered_model=other, copied_from=copied)
    entry = delete(model, cast.admin)
    of_copy.delete()
    cast.reader.delete()
    cast.owner.delete()
    Group.objects.get(name="readers").delete()
    row = entries.restore(actor=actor(cast.admin), uid=entry.uid).row
    assert row.owner is None
    assert row.versions.get(version=copied.version).copied_from_id == cast.version.pk
    assert DiscussionComment.objects.get(pk=thread.pk).author is None
    assert not row.watches.exists()


@pytest.mark.parametrize(
    ("member", "sees"),
    [("admin", True), ("owner", True), ("writer", False), ("reader", False), ("browser", False), ("stranger", False)],
)
def test_who_sees_the_trash(cast, model, member, sees):
    entry = delete(model, cast.owner)
    seen = entries.list_trash(actor=actor(cast[member]))
    assert list(seen) == ([entry] if sees else [])
    if not sees:
        with pytest.raises(DoesNotExist):
            entries.restore(actor=actor(cast[member]), uid=entry.uid)


def test_who_managed_the_object_or_manages_what_it_was_in_sees_it(cast, model):
    grant(cast.writer, model, "MANAGE")
    entry = delete(model, cast.owner)
    assert list(entries.list_trash(actor=actor(cast.writer))) == [entry]
    grant(cast.stranger, cast.catalog, "USE CATALOG", "USE SCHEMA", "MANAGE")
    assert list(entries.list_trash(actor=actor(cast.stranger))) == [entry]
    of_schema = delete(cast.schema, cast.admin)
    assert set(entries.list_trash(actor=actor(cast.stranger))) == {of_schema}  # the model's is where nobody is now
    assert list(entries.list_trash(actor=actor(cast.owner))) == [entry]


def test_a_token_that_only_reads_does_not_restore(cast, model):
    entry = delete(model, cast.owner)
    with pytest.raises(PermissionDenied):
        entries.restore(actor=actor(cast.owner, scopes=frozenset({Scope.READ})), uid=entry.uid)


def test_only_administrators_delete_forever(cast, model):
    entry = delete(model, cast.owner)
    assert not entries.may_purge(actor=actor(cast.owner))
    with pytest.raises(PermissionDenied):
        entries.purge(actor=actor(cast.owner), uid=entry.uid)
    entries.purge(actor=actor(cast.admin), uid=entry.uid)
    assert not TrashEntry.objects.exists()
    assert Job.objects.filter(kind="DELETE_ARTIFACTS").count() == 3
    with pytest.raises(DoesNotExist):
        entries.restore(actor=actor(cast.owner), uid=entry.uid)


def test_lineage_keeps_the_name_while_it_is_away(cast, model):
    second = model.versions.get(version=3)
    node = LineageNode.objects.get(version=second)
    entry = delete(model, cast.owner)
    node.refresh_from_db()
    assert (node.version, node.name) == (None, "shop.ml.churn version 3")
    entries.restore(actor=actor(cast.owner), uid=entry.uid)
    node.refresh_from_db()
    assert node.version == second


def test_who_may_not_use_what_it_was_in_any_more_restores_nothing(cast, model):
    entry = delete(model, cast.owner)
    for securable in (cast.catalog, cast.schema):
        securable.user_grants.all().delete()
        securable.group_grants.all().delete()
    assert not entries.list_trash(actor=actor(cast.owner)).exists()
    with pytest.raises(DoesNotExist):
        entries.restore(actor=actor(cast.owner), uid=entry.uid)
    grant(cast.owner, cast.catalog, "USE CATALOG", "USE SCHEMA")
    assert entries.restore(actor=actor(cast.owner), uid=entry.uid)


def test_quotas_of_objects_count_what_is_restored(cast, model, settings):
    settings.QUOTAS = {**settings.QUOTAS, "registered_models_per_schema": 2}
    entry = delete(model, cast.owner)
    RegisteredModelFactory(schema=cast.schema, name="instead")
    with pytest.raises(QuotaExceeded):
        entries.restore(actor=actor(cast.owner), uid=entry.uid)
    assert TrashEntry.objects.filter(pk=entry.pk).exists()


def test_versions_that_are_deleted_together_refer_to_each_other_again(cast, model):
    copy = write(ModelVersionFactory(registered_model=model, copied_from=cast.version))
    for order in ((1, 0), (0, 1)):
        versions = [cast.version, copy]
        model_versions.delete_model_versions(actor=actor(cast.owner), versions=versions)
        found = {entry.object_uid: entry for entry in TrashEntry.objects.all()}
        for number in order:
            entries.restore(actor=actor(cast.owner), uid=found[versions[number].uid].uid)
        cast.version, copy = (ModelVersion.objects.get(uid=version.uid) for version in versions)
        assert copy.copied_from == cast.version


def test_a_copy_that_was_going_on_comes_back_as_failed(cast, model, time_machine):
    job = Job.objects.get(kind="COPY")
    entry = delete(job.target.registered_model, cast.owner)
    tasks.run_job(str(job.pk))
    assert Job.objects.get(pk=job.pk).state == "FAILED"
    time_machine.move_to(timezone.now() + 2 * DAY)
    row = entries.restore(actor=actor(cast.owner), uid=entry.uid).row
    assert row.versions.get().status == "FAILED_REGISTRATION"


def test_a_pending_version_has_time_again(cast, model, time_machine):
    entry = delete(model, cast.owner)
    time_machine.move_to(timezone.now() + 2 * DAY)
    row = entries.restore(actor=actor(cast.owner), uid=entry.uid).row
    clock.tick()
    assert row.versions.get(version=2).status == "PENDING_REGISTRATION"


def test_a_ready_version_in_the_trash_keeps_its_files_when_its_job_is_taken_over(cast, model, time_machine):
    """The worker died between its two last writes, and then the version was deleted."""
    job = Job.objects.get(kind="COPY")
    job.take()
    version = job.target
    put(version.storage_location, "f", "x")
    version.finalize(size=1)
    entry = delete(version, cast.owner)
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    tasks.run_job(str(job.pk))
    assert Job.objects.get(pk=job.pk).state == "FAILED"
    row = entries.restore(actor=actor(cast.owner), uid=entry.uid).row
    assert [file.path for file in artifact_store(row.storage_location).list_files(row.storage_location)] == ["f"]


def test_one_that_is_restored_while_orphans_are_looked_for_is_none(cast, model, monkeypatch):
    entry = delete(model, cast.owner)
    of_trash = TrashedFiles.objects

    class Meanwhile:
        def filter(self, **condition):
            if TrashEntry.objects.filter(pk=entry.pk).exists():
                entries.restore(actor=actor(cast.owner), uid=entry.uid)
            return of_trash.filter(**condition)

    monkeypatch.setattr(integrity.TrashedFiles, "objects", Meanwhile())
    assert list(integrity.orphans()) == []


def test_a_full_disk_takes_what_was_deleted_first(cast, model, monkeypatch):
    older, newer = delete(model.versions.get(version=3), cast.owner), delete(model, cast.owner)
    monkeypatch.setattr("registry.storage.is_full", lambda: True)
    tasks.delete_where_full()
    assert list(TrashEntry.objects.all()) == [newer]
    tasks.delete_where_full()  # one after the other: first it is seen whether that was enough
    assert list(TrashEntry.objects.all()) == [newer]
    tasks.run_job(str(Job.objects.get(kind="DELETE_ARTIFACTS").pk))
    tasks.delete_where_full()
    assert not TrashEntry.objects.exists()
    assert older.full_name
