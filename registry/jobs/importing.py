"""Importing a registry: model by model, version by version, each with its files.

Whatever of it is here already is compared and left alone: so it goes on where it stopped, and a second import changes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from registry import audit
from registry.actor import Actor
from registry.audit import imports
from registry.exceptions import DoesNotExist, InvalidState, RegistryError, StorageUnavailable
from registry.jobs import transfers
from registry.jobs.waiting import wait
from registry.models import Import, Job, JobLost, ModelVersion, RegisteredModel, locks, reason_of
from registry.names import FullName
from registry.remotes.records import RemoteModel, RemoteVersion
from registry.services.artifacts import inventory, mlmodel, removal
from registry.services.artifacts.sources import RemoteFiles
from registry.services.imports import arriving, entries, plans
from registry.services.imports.reports import Report
from registry.services.versions import registrations


def import_registry(job: Job) -> None:
    """Bring what the job's import names; what could not come is said in its report."""
    try:
        with job.running():
            if job.is_given_up:
                raise InvalidState(f"Given up: {job.attempts - 1} workers died while they imported.")
            try:
                _Importing(job).run()
            except StorageUnavailable as error:
                wait(job, error)
                raise
    finally:
        entries.forget_secrets()


class _Importing:
    """One import, from the beginning, past what is here already."""

    def __init__(self, job: Job) -> None:
        imported = Import.objects.select_related("created_by").filter(job=job).first()
        if imported is None or imported.created_by is None or not imported.created_by.is_active:
            raise InvalidState("The user who requested this import no longer has an account.")
        self.job, self.imported = job, imported
        self.actor = Actor(principal=imported.created_by, user_agent=f"job {job.pk}")
        self.remote, self.report = entries.connect(imported), Report(imported)

    def run(self) -> None:
        entries.require_importer(self.actor)
        try:
            self._expect()
            for told, name in entries.chosen_models(self.imported, self.remote):
                if isinstance(name, str):
                    self.report.add(told.name, name)
                else:
                    self._bring_model(told, name)
        finally:
            audit.record_denials(self.actor)
            self.report.write()
        imports.import_ended(self.actor, self.imported)

    def _expect(self) -> None:
        """Note how much there is, so that people see how far it is."""
        files = size = 0
        for told, name in entries.chosen_models(self.imported, self.remote):
            for version in self.remote.versions(told.name) if not isinstance(name, str) else ():
                listed = self._listed(told, version)
                files, size = files + len(listed), size + sum(file.size for file in listed)
                self.job.beat()
        self.job.expect(files=files, size=size)

    def _listed(self, told: RemoteModel, version: RemoteVersion) -> Sequence[inventory.StoredFile]:
        try:
            return self._source(told, version).files() if version.is_ready else ()
        except (DoesNotExist, InvalidState):  # said when it is their turn
            return ()

    def _bring_model(self, told: RemoteModel, name: FullName) -> None:
        note, versions = partial(self.report.add, str(name)), self.remote.versions(told.name)
        if str(name).rpartition(".")[2] != told.name.rpartition(".")[2].lower():
            note(f"It is called {told.name!r} there.")
        try:
            model = arriving.ensure_model(self.actor, self.remote, told, name, note)
            arrived = [self._bring_version(model, told, version) for version in versions]
            arriving.set_aliases(self.actor, model, plans.aliases_of(told, versions, self.imported.stages, note), note)
        except StorageUnavailable:
            raise
        except RegistryError as error:
            note(f"It could not be imported: {reason_of(error)}")
            return
        if any(arrived):
            arriving.date(model, told)
        self.report.count_model()

    def _bring_version(self, model: RegisteredModel, told: RemoteModel, version: RemoteVersion) -> bool:
        """Return whether the version has arrived now. What keeps one away is said, and keeps no other one away."""
        note = partial(self.report.add, f"{model.full_name} version {version.number}")
        if not version.is_ready:
            note(f"It is {version.status} there.")
            return False
        source = self._source(told, version)
        try:
            files = source.files()
            if self._is_here(model, version, files):
                return False
            target = self._begin(model, version, files, note)
        except StorageUnavailable:
            raise
        except RegistryError as error:
            note(f"It could not be imported: {reason_of(error)}")
            return False
        return self._fill(target, version, source, files)

    def _source(self, told: RemoteModel, version: RemoteVersion) -> RemoteFiles:
        return RemoteFiles(self.remote, told.name, version)

    def _is_here(self, model: RegisteredModel, version: RemoteVersion, files: Sequence[inventory.StoredFile]) -> bool:
        """Whether a version with that number and these files is here."""
        row = model.versions.filter(version=version.number, status=ModelVersion.Status.READY).first()
        if row is None:
            return False
        here = {file.path: file for file in inventory.files_of(row)}
        is_same = here.keys() == {file.path for file in files} and all(
            file.size == here[file.path].size and file.sha256 in ("", here[file.path].sha256) for file in files
        )
        if is_same:
            self.report.count_there()
            self.job.file_done(len(files))
            self.job.advance(sum(file.size for file in files))
        return is_same

    def _begin(
        self,
        model: RegisteredModel,
        version: RemoteVersion,
        files: Sequence[inventory.StoredFile],
        note: plans.Note,
    ) -> ModelVersion:
        """The version to fill: the one that this job was filling when it stopped, or a new one."""
        target = self.job.target
        wanted = (model.pk, version.number)
        if target is not None and target.is_pending and (target.registered_model_id, target.version) == wanted:
            return target
        registrations.require_fit(files)
        size = sum(file.size for file in files)
        with transaction.atomic():
            target = arriving.begin_version(self.actor, model, version, size, note)
            self.job.aim_at(target)
        return target

    def _fill(
        self,
        target: ModelVersion,
        version: RemoteVersion,
        source: RemoteFiles,
        files: Sequence[inventory.StoredFile],
    ) -> bool:
        try:
            transfers.copy_files(self.job, source, target, files)
            self._finalize(target, version)
        except StorageUnavailable:
            raise
        except JobLost:
            if Job.objects.filter(pk=self.job.pk, state=Job.State.FAILED).exists():
                removal.remove_unless_kept(target.storage_location)  # canceled, and written to in the meantime
            raise
        except (RegistryError, OSError) as error:
            self._fail(target, reason_of(error))
            return False
        self.report.count_version()
        return True

    def _finalize(self, target: ModelVersion, version: RemoteVersion) -> None:
        rows = inventory.rows_of(target)
        learned = mlmodel.learn(target, rows)
        with transaction.atomic():
            locks.hold(target)  # a cancellation of the job holds it too
            self.job.require_held()
            target.finalize(**learned)
            audit.model_version_finalized(self.actor, target, len(rows))
            arriving.date(target, version)
            self.job.beat()

    def _fail(self, target: ModelVersion, reason: str) -> None:
        """Say on the version itself why it has not come; the next import tries it again."""
        self.report.add(str(target), f"It could not be imported: {reason}")
        with transaction.atomic():
            locks.hold(target)
            self.job.beat()
            target.fail(reason)
            audit.model_version_failed(self.actor, target)
        removal.remove_files(self.actor, [(str(target), target.storage_location)])
