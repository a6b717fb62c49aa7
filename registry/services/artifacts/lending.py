"""Places lent to clients that read and write files without us: directories of this machine, or, where an object store
keeps the files, a part of that with a credential for it. MLflow's `uc:` client has no other way to handle files.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import salted_hmac

from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidState
from registry.models import ModelVersion, Schema
from registry.services.artifacts import inventory, transfer, uploads
from registry.services.shared import allowances, placement
from registry.storage import credential, is_local, lender, require_room
from registry.storage.objects.bucket import Credential


def lends_directories(place: Schema | ModelVersion) -> bool:
    """Return whether clients of ``place`` (a version, or what a new one in a schema would be) get directories of this
    machine, which are of use to those on it alone."""
    return not placement.root_of(place) if isinstance(place, Schema) else is_local(place.storage_location)


def vend_credential(*, actor: Actor, version: ModelVersion, write: bool) -> Credential:
    """Return a credential of the object store for the files of ``version``, or (``write``) for its inbox."""
    if write:
        uploads.require_writable(actor=actor, version=version)
    else:
        transfer.require_readable(actor=actor, version=version)
    if lends_directories(version):
        raise InvalidState(f"No object store keeps {version}: its files are read and written through this server.")
    if not settings.STORAGE["direct"]:
        raise InvalidState("This server vends no credentials for its store: STORAGE_DIRECT is off.")
    if not write:
        inventory.require_undamaged(version)
    location = version.storage_location
    place = lender(location).open_inbox(inbox_of(location)) if write else location
    vended = credential(place, settings.SIGNED_URL_LIFETIME, write=write)
    audit.credential_vended(actor, version, "READ_WRITE" if write else "READ")
    return vended


def lend_for_upload(*, actor: Actor, version: ModelVersion) -> str:
    """Return a place into which a client writes, a ``file:`` URI or an address in a store; finalizing takes the files.

    It is disposable, like those that are lent for reading: MLflow's `uc:` client deletes what it copied from.
    """
    uploads.require_writable(actor=actor, version=version)
    audit.credential_vended(actor, version, "READ_WRITE")
    return lender(version.storage_location).open_inbox(inbox_of(version.storage_location))


def lend_for_download(*, actor: Actor, version: ModelVersion) -> str:
    """Return a disposable directory with a version's files, as a ``file:`` URI, or where an object store keeps them;
    empty if ``actor`` may not read them.

    There is one for each reader. Asked again, it is the same: what is missing in it, or was changed, is restored.
    """
    if not version.is_ready or not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return ""
    digests = {file.path: file.sha256 for file in inventory.whole_files_of(version)}  # or it is not lent

    def check(path: str, sha256: str) -> None:
        if digests.get(path) not in (None, "", sha256):
            raise inventory.damaged(version, path, f"its SHA-256 is {sha256}, not {digests[path]}")

    audit.credential_vended(actor, version, "READ")
    name = _name_of("download", f"{version.storage_location} {actor.principal.pk}")
    return lender(version.storage_location).lend(version.storage_location, name, check)


def take_in(*, actor: Actor, version: ModelVersion) -> None:
    """Move the files that a client has written into a lent directory to where they belong.

    All of them are counted first, with their holes: a file that takes no room there would take its whole size here.
    """
    lent, inbox = lender(version.storage_location), inbox_of(version.storage_location)
    sizes = lent.inbox_sizes(inbox)
    allowances.require_files(version, sizes)
    require_room(sum(sizes), version.storage_location)
    for path, size, chunks in lent.inbox_files(inbox):
        uploads.write_artifact(actor=actor, version=version, path=path, chunks=chunks, size=size)
    lent.close_inbox(inbox)


def inbox_of(location: str) -> str:
    """Return the name of the inbox of a version that is kept at ``location``; no one can guess it."""
    return _name_of("inbox", location)


def _name_of(purpose: str, what: str) -> str:
    return salted_hmac(f"registry.services.artifacts.transfer.{purpose}", what, algorithm="sha256").hexdigest()
