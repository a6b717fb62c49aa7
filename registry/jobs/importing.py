"""Importing a registry: model by model, version by version, each with its files.

Whatever of it is here already is compared and left alone: so it goes on where it stopped, and a second import changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import partial
from typing import TypeVar

from django.db import DatabaseError, transaction

from accounts.models import User
from registry import audit
from registry.actor import Actor
from registry.audit import imports
from registry.conflicts import is_passing
from registry.exceptions import DoesNotExist, InvalidState, RegistryError, StorageUnavailable
from registry.jobs import transfers
from registry.jobs.waiting import wait
from registry.models import Import, Job, JobLost, ModelVersion, RegisteredModel, locks, reason_of
from registry.names import FullName
from registry.remotes.records import RemoteModel, RemoteVersion
from registry.services.artifacts import inventory, mlmodel, removal
from registry.services.artifacts.inventory import StoredFile
from registry.services.artifacts.sources import RemoteFiles
from registry.services.imports import arriving, entries, plans
from registry.services.imports.reports import Report
from registry.services.versions import registrations

Answer = TypeVar("Answer")
_LOOKS_EVERY = 0.5
"""Seconds after which the worker shows that it lives, however long the other server takes."""


def import_registry(job: Job) -> None:
    """Bring what the job's import names; what could not come is said in its report."""
    try:
        with job.running():
            try:
                _bring(job)
            except JobLost:
                raise
            except Exception as error:
                if is_passing(error):  # whoever takes the job up goes on
                    raise JobLost(str(job.pk)) from error
                _fail(job, _words(error))
                raise
    finally:
        entries.forget_secrets()


def _bring(job: Job) -> None:
    if job.is_given_up:
        raise InvalidState(f"Given up: {job.attempts - 1} workers died while they imported.")
    try:
        with ThreadPoolExecutor(1) as asking:
            _Importing(job, asking).run()
    except StorageUnavailable as error:
        wait(job, error)
        raise


def _fail(job: Job, reason: str) -> None:
    """Fail the version that was being filled, if there is one: the next import tries it again."""
    with transaction.atomic():
        target = ModelVersion.objects.filter(jobs=job).select_for_update(no_key=True, of=("self",)).first()
        job.beat()
        if target is None or not target.is_pending:
            return
        target.fail(reason)
        actor = Actor(principal=job.created_by or User(user_name=job.requested_by), user_agent=f"job {job.pk}")
        audit.model_version_failed(actor, target)
        removal.delete_later(actor, ModelVersion.objects.filter(pk=target.pk))


class _Importing:
    """One import, from the beginning, past what is here already."""

    def __init__(self, job: Job, asking: ThreadPoolExecutor) -> None:
        imported = Import.objects.select_related("created_by").filter(job=job).first()
        if imported is None or imported.created_by is None or not imported.created_by.is_active:
            raise InvalidState("The user who requested this import no longer has an account.")
        self.job, self.imported, self.asking = job, imported, asking
        self.actor = Actor(principal=imported.created_by, user_agent=f"job {job.pk}")
        self.remote, self.report = entries.connect(imported), Report(imported)

    def run(self) -> None:
        entries.require_importer(self.actor)
        try:
            self._expect()
            for told, name in self._chosen():
                if isinstance(name, str):
                    self.report.add(told.name, name)
                else:
                    self._bring_model(told, name)
            for name in sorted(self.imported.names.keys() - self.report.told):
                self.report.add(name, "There is no such model there.")
        except JobLost:
            raise  # who has the job now tells it all
        except Exception:
            self.report.write()
            raise
        finally:
            audit.record_denials(self.actor)
        self.report.write()
        imports.import_ended(self.actor, self.imported)

    def _ask(self, question: Callable[..., Answer], *about: object) -> Answer:
        """Ask the other server, and show meanwhile that the worker lives; a cancellation does not wait for it."""
        asked = self.asking.submit(question, *about)
        while not wait_for([asked], _LOOKS_EVERY).done:
            self.job.beat()
        return asked.result()

    def _chosen(self) -> Iterator[tuple[RemoteModel, FullName | str]]:
        chosen = entries.chosen_models(self.imported, self.remote)
        while (one := self._ask(next, chosen, None)) is not None:
            self.job.beat()
            self.report.told.add(one[0].name)
            yield one

    def _expect(self) -> None:
        """Note how much there is, so that people see how far it is. What fails here is said when its turn comes."""
        files = size = 0
        for told, name in self._chosen():
            for listed in self._lists(told) if not isinstance(name, str) else ():
                files, size = files + len(listed), size + sum(file.size for file in listed)
        self.job.expect(files=files, size=min(size, 2**62))

    def _lists(self, told: RemoteModel) -> Iterator[Sequence[StoredFile]]:
        try:
            versions = self._ask(self.remote.versions, told.name)
        except StorageUnavailable:
            raise
        except RegistryError:
            return
        for version in versions:
            try:
                yield self._ask(self._source(told, version).files) if version.is_ready else ()
            except StorageUnavailable:
                raise
            except RegistryError:
                yield ()

    def _bring_model(self, told: RemoteModel, name: FullName) -> None:
        note = partial(self.report.add, str(name))
        if str(name).rpartition(".")[2] != told.name.rpartition(".")[2].lower():
            note(f"It is called {told.name[:300]!r} there.")
        try:
            versions = self._ask(self.remote.versions, told.name)
            around = self._ask(arriving.ask, self.remote, told, arriving.missing(name))
            model = arriving.ensure_model(self.actor, around, told, name, note)
            arrived = [self._bring_version(model, told, version) for version in versions]
            wanted = plans.aliases_of(told, versions, self.imported.stages, note)
            arriving.set_aliases(self.actor, model, wanted, note)
        except StorageUnavailable:
            raise
        except (RegistryError, DatabaseError) as error:
            note(f"It could not be imported: {_lasting(error)}")
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
            files = self._ask(source.files)
            if self._is_here(model, version, files):
                return False
            registrations.require_fit(files)
            target = self._begin(model, version, files, note)
            self._fill(target, version, source, files)
        except (JobLost, StorageUnavailable):
            raise
        except (RegistryError, DatabaseError, OSError) as error:
            note(f"It could not be imported: {_lasting(error)}")
            _fail(self.job, _words(error))
            return False
        self.report.count_version()
        return True

    def _source(self, told: RemoteModel, version: RemoteVersion) -> RemoteFiles:
        return RemoteFiles(self.remote, told.name, version)

    def _is_here(self, model: RegisteredModel, version: RemoteVersion, files: Sequence[StoredFile]) -> bool:
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
        self, model: RegisteredModel, version: RemoteVersion, files: Sequence[StoredFile], note: plans.Note
    ) -> ModelVersion:
        """The version to fill: the one that this job was filling when it stopped, or a new one."""
        target = ModelVersion.objects.filter(jobs=self.job, status=ModelVersion.Status.PENDING_REGISTRATION).first()
        if target is not None:
            if (target.registered_model_id, target.version) == (model.pk, version.number):
                target.registered_model = model
                return target
            _fail(self.job, "It was interrupted.")  # another one comes first now; this one's turn comes again
        with transaction.atomic():
            target = arriving.begin_version(self.actor, model, version, [file.size for file in files], note)
            self.job.aim_at(target)
        return target

    def _fill(
        self, target: ModelVersion, version: RemoteVersion, source: RemoteFiles, files: Sequence[StoredFile]
    ) -> None:
        try:
            transfers.copy_files(self.job, source, target, files)
        except JobLost:
            if Job.objects.filter(pk=self.job.pk, state=Job.State.FAILED).exists():
                removal.remove_unless_kept(target.storage_location)  # canceled, and written to in the meantime
            raise
        rows = inventory.rows_of(target)
        learned = mlmodel.learn(target, rows)
        with transaction.atomic():
            locks.hold(target)  # a cancellation of the job holds it too
            self.job.require_held()
            target.finalize(**learned)
            audit.model_version_finalized(self.actor, target, len(rows))
            arriving.date(target, version)
            self.job.beat()


def _lasting(error: Exception) -> str:
    """Say what went wrong, unless it is the database that is away, or busy: then the whole job stops, and goes on."""
    if is_passing(error):
        raise error
    return _words(error)


def _words(error: Exception) -> str:
    """Say what went wrong to an administrator, who may know all of it."""
    if isinstance(error, DoesNotExist):
        return error.message
    return reason_of(error)
