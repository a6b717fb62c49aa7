"""What an import brings, and what it says of the rest. The other server is made here; real ones: tests/clients."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from registry import remotes, tasks
from registry.audit.sentences import sentence
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState, PermissionDenied, SourceUnavailable
from registry.jobs import transfers
from registry.models import AuditEvent, Import, Job, ModelVersion, RegisteredModel
from registry.names import FullName
from registry.privileges import Privilege
from registry.remotes.connection import Credential
from registry.remotes.records import PROMPT, RemoteContainer, RemoteGrants
from registry.services.access import grants
from registry.services.artifacts import inventory
from registry.services.hierarchy import model_versions
from registry.services.imports import entries
from registry.services.labels import tag_policies
from registry.services.shared import finders
from registry.services.versions import jobs
from registry.storage import artifact_store
from tests.cast import actor
from tests.registry.services.imports.registries import LAST_YEAR, YESTERDAY, FakeRegistry, version

ADDRESS = "https://mlflow.example.com"


@pytest.fixture
def there(monkeypatch):
    registry = FakeRegistry()
    monkeypatch.setattr(remotes, "connect", lambda *args, **options: registry)
    return registry


@pytest.fixture
def asked(cast):
    """An import that waits to be started."""

    def ask(**options):
        given = {"kind": "MLFLOW", "address": ADDRESS, "destination": "shop.ml", "credential": Credential("secret")}
        return entries.create_import(actor=actor(cast.admin), **{**given, **options})

    return ask


@pytest.fixture
def bring(cast, asked):
    """Import, and return what came of it."""

    def run(chosen=None, **options):
        imported = asked(**options)
        job = entries.start_import(actor=actor(cast.admin), imported=imported, chosen=chosen)
        tasks.run_job(str(job.pk))
        return Import.objects.select_related("job").get(pk=imported.pk)

    return run


def model_called(name):
    return RegisteredModel.objects.get(filed_as=name)


def numbers(model):
    return sorted(model.versions.values_list("version", flat=True))


def rows():
    """Everything that an import could change, as it is in the database."""
    told = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("registry_") and table not in (
                "registry_import", "registry_job", "registry_auditevent", "registry_revision",
            ):  # fmt: skip
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
                told[table] = cursor.fetchall()
    return told


def test_a_model_comes_as_it_is_there(there, bring, cast):
    there.add("fraud", version(2, stage="Production"), version(5, comment="best"), aliases={"blue": 5})
    imported = bring()
    model = model_called("shop.ml.fraud")
    assert (imported.job.state, imported.models_done, imported.versions_done) == ("SUCCEEDED", 1, 2)
    assert (model.comment, model.created_at, model.created_by) == ("about it", LAST_YEAR, "maya")
    assert (model.updated_at, model.owner_user) == (YESTERDAY, cast.admin)
    assert dict(model.tags.values_list("key", "value")) == {"team": "churn"}
    assert numbers(model) == [2, 5]
    assert (model.last_version, model.child_count) == (5, 2)
    best = model.versions.get(version=5)
    assert (best.status, best.comment, best.created_by, best.run_id) == ("READY", "best", "maya", "r" * 32)
    assert (best.created_at, best.updated_at) == (LAST_YEAR, YESTERDAY)
    assert best.source == "mlflow-artifacts:/1/abc/artifacts/model"
    assert dict(best.tags.values_list("key", "value")) == {"auc": "0.9"}
    assert {alias.name: alias.model_version.version for alias in model.aliases.all()} == {"blue": 5, "Champion": 2}
    read = artifact_store(best.storage_location).read(best.storage_location, "data/weights", 0, 25)
    assert b"".join(read) == b"12345" * 5
    assert all(file.sha256 for file in inventory.rows_of(best))
    assert best.digest
    assert imported.report == []


def test_the_next_version_gets_the_next_number(there, bring):
    there.add("fraud", version(7))
    bring()
    assert model_called("shop.ml.fraud").take_next_version("x") == 8


@pytest.mark.parametrize("tells", [True, False])
def test_a_second_import_changes_nothing(there, bring, tells):
    there.tells_digests = tells
    there.add("fraud", version(1), version(3, stage="Staging"), aliases={"blue": 1})
    bring()
    before = rows()
    there.asked.clear()
    imported = bring()
    assert rows() == before
    assert there.asked == []  # no byte was read again
    assert (imported.versions_done, imported.versions_there) == (0, 2)
    assert imported.job.percent == 100


def test_what_is_new_there_comes_with_the_next_import(there, bring):
    there.add("fraud", version(1))
    bring()
    there.add("fraud", version(1), version(2), aliases={"blue": 2})
    imported = bring()
    model = model_called("shop.ml.fraud")
    assert (imported.versions_done, imported.versions_there, numbers(model)) == (1, 1, [1, 2])
    assert model.aliases.get().model_version.version == 2
    assert model.updated_at == YESTERDAY


def test_what_is_here_stays_and_is_said(there, bring, cast):
    there.add("churn", version(1), version(3), aliases={"blue": 3})
    there.content["churn", 1]["data/weights"] = b"other"
    cast.model.aliases.create(name="Blue", folded="blue", model_version=cast.version)
    imported = bring()
    assert [file.path for file in inventory.files_of(cast.version)] == ["MLmodel", "data/weights"]
    assert imported.report == [
        ["shop.ml.churn version 1", "It could not be imported: A version of that number is here, and is another one."],
        ["shop.ml.churn", "@blue is version 1 here, and version 3 there: it stays."],
    ]
    assert numbers(cast.model) == [1, 2, 3]


def test_a_version_that_was_deleted_here_does_not_come_back(there, bring, cast):
    there.add("fraud", version(1), version(2))
    bring()
    model = model_called("shop.ml.fraud")
    model_versions.delete_model_version(actor=actor(cast.admin), version=model.versions.get(version=1))
    imported = bring()
    assert numbers(model) == [2]
    assert "never used again" in imported.report[0][1]


def test_names_tags_and_aliases_that_cannot_be_kept_are_changed_as_little_as_possible(there, bring):
    tags = {"mlflow.note": "x", "ok": "v" * 2000, ".": "y", "_": "z"}
    there.add("Fraud Model/2", version(1, tags=tags, stage="Archived"), aliases={"v1": 1, "good": 1})
    imported = bring()
    model = model_called("shop.ml.fraud_model_2")
    kept = dict(model.versions.get().tags.values_list("key", "value"))
    assert kept == {"mlflow_note": "x", "ok": "v" * 1000, "_": "y"}
    assert [alias.name for alias in model.aliases.all()] == ["good"]
    told = " ".join(words for _, words in imported.report)
    for words in ("It is called 'Fraud Model/2' there", "'mlflow.note' is called 'mlflow_note'", "cut off after 1000"):
        assert words in told
    assert "In the stage Archived, which becomes no alias: versions 1." in told
    assert "The alias 'v1' is reserved" in told
    assert "The tag '_' is left out" in told


def test_of_two_models_that_would_get_one_name_the_second_is_left_out(there, bring):
    there.add("A b", version(1))
    there.add("A_b", version(1))
    there.add("greeting", version(1), tags={PROMPT: "true"})
    imported = bring()
    assert RegisteredModel.objects.filter(schema__name="ml").count() == 2
    assert imported.report[-2:] == [
        ["A_b", "Another model gets the name shop.ml.a_b: name them apart."],
        ["greeting", "It is a prompt, not a model."],
    ]


def test_only_the_chosen_models_come_under_the_names_they_are_given(there, bring):
    for name in ("a", "b", "c"):
        there.add(name, version(1))
    bring({"a": "shop.new.alpha", "c": "shop.ml.c"})
    assert set(RegisteredModel.objects.values_list("filed_as", flat=True)) == {
        "shop.ml.churn", "shop.new.alpha", "shop.ml.c",
    }  # fmt: skip


def test_a_version_whose_file_is_gone_fails_and_comes_with_the_next_import(there, bring):
    there.add("fraud", version(1), version(2))
    real = there.read

    def read(name, told, path):
        if told.number == 1:
            raise DoesNotExist("gone")
        return real(name, told, path)

    there.read = read
    imported = bring()
    model = model_called("shop.ml.fraud")
    assert [each.status for each in model.versions.order_by("version")] == ["FAILED_REGISTRATION", "READY"]
    assert imported.job.state == "SUCCEEDED"
    assert imported.report[0][0] == "shop.ml.fraud version 1"
    there.read = real
    assert bring().versions_done == 1
    assert {each.status for each in model.versions.all()} == {"READY"}
    assert numbers(model) == [1, 2]
    model.refresh_from_db()
    assert model.child_count == 2


def test_a_file_whose_digest_or_size_is_another_one_is_not_taken(there, bring):
    there.add("fraud", version(1))
    there.add("loans", version(1))
    real = there.read

    def read(name, told, path):
        if path != "data/weights":
            return real(name, told, path)
        return iter([b"54321"]) if name == "fraud" else iter([b"123"])

    there.read = read
    imported = bring()
    assert set(ModelVersion.objects.filter(status="FAILED_REGISTRATION").values_list("registered_model__name")) == {
        ("fraud",), ("loans",),
    }  # fmt: skip
    told = " ".join(words for _, words in imported.report)
    assert "SHA-256 has changed" in told
    assert "3 bytes came, not 5" in told


def test_it_goes_on_with_the_file_that_it_had_reached(there, bring, cast, asked):
    there.add("fraud", version(1), version(2))
    real = there.read

    def away(name, told, path):
        if (told.number, path) == (2, "data/weights"):
            raise SourceUnavailable("https://mlflow.example.com does not answer.")
        return real(name, told, path)

    there.read = away
    imported = bring()
    assert imported.job.state == "QUEUED"
    assert imported.job.error == "Waiting: https://mlflow.example.com does not answer."
    assert imported.secret
    there.read = real
    there.asked.clear()
    tasks.run_job(str(imported.job.pk))
    imported.refresh_from_db()
    imported.job.refresh_from_db()
    assert (imported.job.state, imported.versions_done, imported.versions_there) == ("SUCCEEDED", 2, 0)
    assert {number for _, number, _ in there.asked} == {2}
    assert imported.secret == ""


def test_it_waits_for_a_day(there, bring, time_machine):
    there.add("fraud", version(1))

    def read(*args):
        raise SourceUnavailable("away")

    there.read = read
    imported = bring()
    time_machine.move_to(timezone.now() + timedelta(days=1, hours=1))
    tasks.run_job(str(imported.job.pk))
    imported.job.refresh_from_db()
    assert (imported.job.state, imported.job.error) == ("FAILED", "away")
    imported.refresh_from_db()
    assert imported.secret == ""


def test_cancelled_in_between_nothing_is_left_of_the_version_that_was_coming(there, bring, cast, monkeypatch):
    there.add("fraud", version(1), version(2))
    real = transfers.copy_files

    def cancel(job, source, target, files):
        if target.version == 2:
            jobs.cancel_job(actor=actor(cast.admin), uid=job.pk)
        real(job, source, target, files)

    monkeypatch.setattr(transfers, "copy_files", cancel)
    imported = bring()
    assert (imported.job.state, imported.job.error) == ("FAILED", "Cancelled by admin@example.com.")
    failed = model_called("shop.ml.fraud").versions.get(version=2)
    assert failed.status == "FAILED_REGISTRATION"
    for job in Job.objects.filter(kind="DELETE_ARTIFACTS"):
        tasks.run_job(str(job.pk))
    assert artifact_store(failed.storage_location).list_files(failed.storage_location) == []
    monkeypatch.undo()
    monkeypatch.setattr(remotes, "connect", lambda *args, **options: there)
    bring()
    assert {each.status for each in model_called("shop.ml.fraud").versions.all()} == {"READY"}


def test_from_another_catalog_explorer_come_containers_owners_and_grants(there, bring, cast):
    there.has_namespaces = True
    there.add("lab.vision.cats", version(1))
    there.rights["lab.vision.cats"] = RemoteGrants(
        "owner@example.com", {"reader@example.com": ("EXECUTE", "FLY"), "nobody@example.com": ("EXECUTE",)}
    )
    there.containers["lab"] = RemoteContainer(
        "the lab", RemoteGrants("gone@example.com", {"readers": ("USE_CATALOG",)})
    )
    there.containers["lab.vision"] = RemoteContainer("pictures", RemoteGrants("", {"readers": ("USE_SCHEMA",)}))
    imported = bring(kind="CATALOG_EXPLORER", destination="")
    model = model_called("lab.vision.cats")
    assert model.owner == cast.owner
    assert (model.schema.comment, model.schema.catalog.comment) == ("pictures", "the lab")
    assert (model.updated_at, model.updated_by) == (YESTERDAY, "admin@example.com")
    seen = finders.read_registered_model(actor=actor(cast.reader), full_name=FullName.parse("lab.vision.cats"))
    assert seen == model
    held = {
        (str(grant.principal), grant.privilege)
        for grant in grants.list_grants(actor=actor(cast.admin), securable=model)
    }
    assert held == {("reader@example.com", Privilege.EXECUTE)}
    assert {words for _, words in imported.report} == {
        "'gone@example.com' owns it, or has rights to it, there; nobody here is called that.",
        "'nobody@example.com' owns it, or has rights to it, there; nobody here is called that.",
        "'reader@example.com' has FLY there, which can't be granted here.",
    }
    bring(kind="CATALOG_EXPLORER", destination="copy")
    assert model_called("copy.vision.cats").schema.catalog.name == "copy"


def test_a_preview_says_what_would_come_and_writes_nothing(there, asked, cast):
    there.add("fraud", version(2, stage="Production"), version(4))
    there.add("churn", version(1))
    there.add("..", version(1))
    before = rows()
    preview = entries.preview(actor=actor(cast.admin), imported=asked())
    assert rows() == before
    nameless, churn, fraud = preview.models
    assert (fraud.target, fraud.versions, fraud.gaps, fraud.aliases) == ("shop.ml.fraud", 2, [1, 3], {"Champion": 2})
    assert (churn.is_here, fraud.is_here) == (True, False)
    assert (nameless.target, bool(nameless.problem)) == ("", True)
    assert not preview.is_more


def test_only_administrators_import(asked, cast, there):
    for member in (cast.owner, cast.writer, cast.reader, cast.stranger):
        for ask in (
            lambda who: entries.list_imports(actor=who),
            lambda who: entries.create_import(
                actor=who, kind="MLFLOW", address=ADDRESS, destination="a.b", credential=Credential()
            ),
            lambda who: entries.get_import(actor=who, uid=asked().pk),
            lambda who: entries.preview(actor=who, imported=asked()),
            lambda who: entries.start_import(actor=who, imported=asked()),
        ):
            with pytest.raises(PermissionDenied):
                ask(actor(member))


def test_whoever_is_no_administrator_any_more_brings_nothing(there, asked, cast):
    there.add("fraud", version(1))
    imported = asked()
    job = entries.start_import(actor=actor(cast.admin), imported=imported)
    type(cast.admin).objects.filter(pk=cast.admin.pk).update(is_metastore_admin=False, is_superuser=False)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == "FAILED"
    assert not RegisteredModel.objects.filter(name="fraud").exists()


def test_it_is_started_once(there, asked, cast):
    imported = asked()
    entries.start_import(actor=actor(cast.admin), imported=imported)
    with pytest.raises(InvalidState, match="already"):
        entries.start_import(actor=actor(cast.admin), imported=imported)


@pytest.mark.parametrize(
    "options",
    [
        {"address": "file:///etc"},
        {"address": "https://user:password@mlflow.example.com"},
        {"address": "https://mlflow.example.com?x=1"},
        {"address": "https://mlflow.example.com:99999"},
        {"destination": "shop"},
        {"destination": "shop.ml.x"},
        {"stages": {"Production": "latest"}},
        {"kind": "CATALOG_EXPLORER", "destination": "a.b"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(asked, options):
    with pytest.raises(InvalidParameterValue):
        asked(**options)


def test_the_credential_is_sealed_and_forgotten(there, asked, bring, time_machine):
    imported = asked(credential=Credential("open sesame", "ali"))
    assert "sesame" not in imported.secret
    assert imported.secret
    bring()
    assert not Import.objects.exclude(job=None).exclude(secret="").exists()
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    entries.forget_secrets()
    assert not Import.objects.filter(pk=imported.pk).exists()


def test_both_its_ends_are_in_the_audit_log(there, bring):
    there.add("fraud", version(1))
    bring()
    begun, ended = AuditEvent.objects.filter(action_name__in=("importRegistry", "importEnded")).order_by("pk")
    assert begun.parameters["address"] == ADDRESS
    assert (ended.parameters["models"], ended.parameters["versions"]) == (1, 1)
    assert sentence(ended).endswith("imported 1 versions of 1 models from https://mlflow.example.com")


def test_a_version_that_could_not_come_comes_later_below_the_others(there, bring):
    there.add("fraud", version(1, status="PENDING_REGISTRATION"), version(2))
    assert bring().report == [["shop.ml.fraud version 1", "It is PENDING_REGISTRATION there."]]
    there.numbered["fraud"] = [version(1), version(2)]
    assert bring().versions_done == 1
    assert numbers(model_called("shop.ml.fraud")) == [1, 2]


def test_what_was_being_filled_is_filled_again_though_another_version_comes_first(there, bring):
    there.add("fraud", version(1), version(2))
    real, broken = there.read, {1: DoesNotExist("gone"), 2: SourceUnavailable("away")}

    def read(name, told, path):
        raise broken[told.number]

    there.read = read
    imported = bring()
    assert imported.job.state == "QUEUED"
    there.read = real
    tasks.run_job(str(imported.job.pk))
    imported.refresh_from_db()
    assert (imported.versions_done, imported.report) == (2, [])
    assert {each.status for each in model_called("shop.ml.fraud").versions.all()} == {"READY"}


@pytest.mark.parametrize("error", [SourceUnavailable("away"), ValueError("a defect of ours")])
def test_a_job_that_fails_leaves_no_version_pending(there, bring, error, time_machine):
    there.add("fraud", version(1))

    def read(*args):
        raise error

    real, there.read = there.read, read
    imported = bring()
    if imported.job.state == "QUEUED":
        time_machine.move_to(timezone.now() + timedelta(days=2))
        tasks.run_job(str(imported.job.pk))
        imported.job.refresh_from_db()
    assert imported.job.state == "FAILED"
    assert model_called("shop.ml.fraud").versions.get().status == "FAILED_REGISTRATION"
    there.read = real
    assert bring().versions_done == 1


def test_a_model_that_cannot_be_listed_keeps_no_other_one_away(there, bring, asked, cast):
    for name in ("a", "b"):
        there.add(name, version(1))
    real = there.versions

    def versions(name):
        if name == "a":
            raise InvalidState("It answers 400.")
        return real(name)

    there.versions = versions
    imported = bring()
    assert (imported.job.state, imported.models_done) == ("SUCCEEDED", 1)
    assert imported.report == [["shop.ml.a", "It could not be imported: It answers 400."]]
    preview = entries.preview(actor=actor(cast.admin), imported=asked())
    assert [model.problem for model in preview.models] == ["It answers 400.", ""]


def test_nothing_is_made_before_it_is_known_who_has_rights_to_it(there, bring, cast):
    there.has_namespaces = True
    there.add("lab.vision.cats", version(1))
    real, there.grants = there.grants, lambda name: (_ for _ in ()).throw(SourceUnavailable("away"))
    imported = bring(kind="CATALOG_EXPLORER", destination="")
    assert not RegisteredModel.objects.filter(name="cats").exists()
    there.grants = real
    there.rights["lab.vision.cats"] = RemoteGrants("owner@example.com", {})
    tasks.run_job(str(imported.job.pk))
    assert model_called("lab.vision.cats").owner == cast.owner


def test_a_value_that_a_governed_tag_has_not_keeps_no_model_away(there, bring, cast):
    tag_policies.create_tag_policy(actor=actor(cast.admin), tag_key="env", description="", values=["dev"])
    there.add("fraud", version(1, tags={"env": "weird"}), tags={"env": "weird", "team": "churn"})
    imported = bring()
    assert dict(model_called("shop.ml.fraud").tags.values_list("key", "value")) == {"team": "churn"}
    assert len(imported.report) == 2


def test_a_server_that_tells_a_small_size_and_sends_without_end_is_left(there, bring):
    there.add("fraud", version(1))
    sent = []

    def read(*args):
        for _ in range(1_000):
            sent.append(1)
            yield b"x" * 1_000

    there.read = read
    imported = bring()
    assert "more bytes come than" in imported.report[0][1]
    assert len(sent) < 10


def test_a_name_that_is_not_there_is_said(there, bring):
    there.add("fraud", version(1))
    imported = bring({"fraud": "shop.ml.fraud", "nothing": "shop.ml.nothing"})
    assert imported.report == [["nothing", "There is no such model there."]]


def test_a_number_that_is_very_high_is_no_reason_to_count_up_to_it(there, asked, cast):
    there.add("fraud", version(999_999_999))
    (planned,) = entries.preview(actor=actor(cast.admin), imported=asked()).models
    assert planned.gaps[:3] == [1, 2, 3]


@pytest.mark.parametrize(
    "credential", [Credential("a\nX-Injected: 1"), Credential("geheimnis ß"), Credential("x", "ä")]
)
def test_a_credential_that_no_header_carries_is_refused(asked, credential):
    with pytest.raises(InvalidParameterValue, match="ASCII"):
        asked(credential=credential)
    assert asked(credential=Credential("secret\n")).secret


def test_an_import_whose_job_is_forgotten_stays_with_its_report(there, bring, cast):
    there.add("fraud", version(1, stage="Archived"))
    imported = bring()
    Job.objects.all().delete()
    entries.forget_secrets()
    imported.refresh_from_db()
    assert imported.report
    with pytest.raises(InvalidState):
        entries.start_import(actor=actor(cast.admin), imported=imported)


def test_a_database_that_is_away_for_a_moment_costs_nothing(there, bring, monkeypatch, time_machine):
    there.add("fraud", version(1), version(2))
    real, went_away = transfers.copy_files, []

    def copy_files(job, source, target, files):
        if target.version == 2 and not went_away:
            went_away.append(target)
            raise OperationalError("database is locked")
        real(job, source, target, files)

    monkeypatch.setattr(transfers, "copy_files", copy_files)
    imported = bring()
    assert imported.job.state == "RUNNING"
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    tasks.run_job(str(imported.job.pk))
    imported.refresh_from_db()
    imported.job.refresh_from_db()
    assert (imported.job.state, imported.versions_done, imported.report) == ("SUCCEEDED", 2, [])
