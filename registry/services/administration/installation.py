"""Whether DATA_DIR and database belong together: both hold the same id.

With another's DATA_DIR, copies would fail for lack of their files, deletions would leave bytes behind, and two keys
would sign one audit log.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from registry.durable import write_durably
from registry.exceptions import InvalidState
from registry.models import AuditEvent, Installation, ModelVersion
from registry.storage import artifact_store

LOOKED_AT = 5
"""How many of the newest versions, and events, must match before a database without an id is taken for ours."""


def settle() -> UUID:
    """Return the id of database and DATA_DIR, giving it to them where they have none; InvalidState if they differ.

    Once they agree, this reads one file and one row. Processes that ask at the same time get the same id.
    """
    here, there, asked_for = _id_of_folder(), _id_of_database(), _id_of_environment()
    if asked_for is not None and there not in (None, asked_for):
        raise InvalidState(
            f"INSTALLATION_ID is {asked_for}, but the database belongs to the installation {there}. Set DATABASE_URL "
            "to the database that is meant, or INSTALLATION_ID to the id of this one."
        )
    match here, there:
        case None, UUID():
            _require_may_join(there)
        case _, None:
            _require_unclaimed(here)
        case UUID(), UUID() if here == there:
            return there
        case _:
            raise InvalidState(
                f"DATA_DIR {settings.DATA_DIR} belongs to the installation {here}, the database to {there}. Set "
                "DATA_DIR and DATABASE_URL to those of one installation, or restore a backup into empty ones "
                "(manage.py restore)."
            )
    return _give(here or asked_for or uuid4())


@transaction.atomic
def _give(uid: UUID) -> UUID:
    """Give database and DATA_DIR one id: the database's, if it has one by now, or ``uid``."""
    row, _ = Installation.objects.get_or_create(pk=1, defaults={"uid": uid})
    # Before the row is committed: the next start adds a missing row for a file, but refuses a row without a file.
    write_durably(settings.INSTALLATION_FILE, f"{row.uid}\n".encode())
    return row.uid


def _id_of_database() -> UUID | None:
    return Installation.objects.filter(pk=1).values_list("uid", flat=True).first()


def _id_of_folder() -> UUID | None:
    try:
        return UUID(settings.INSTALLATION_FILE.read_text().strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidState(
            f"{settings.INSTALLATION_FILE} does not hold the id of an installation ({error}). Put it back from a "
            f"backup; the database has {_id_of_database() or 'none'}."
        ) from error


def _id_of_environment() -> UUID | None:
    try:
        return UUID(settings.INSTALLATION_ID) if settings.INSTALLATION_ID else None
    except ValueError as error:
        raise InvalidState(f"INSTALLATION_ID is {settings.INSTALLATION_ID!r}, which is not a UUID.") from error


def _require_may_join(there: UUID) -> None:
    """Let a new DATA_DIR join if it was given what all have to share."""
    if not User.objects.exists():
        return  # the first start ended before anything was made
    if not settings.INSTALLATION_ID or set(settings.KEY_FILES) != settings.KEYS_OF_ENVIRONMENT:
        raise InvalidState(
            f"The database belongs to the installation {there}, and DATA_DIR {settings.DATA_DIR} to none. Set DATA_DIR "
            "to the folder of that installation, or restore a backup (manage.py restore). A further machine joins with "
            f"SECRET_KEY, AUDIT_KEY and INSTALLATION_ID={there} in its environment, where the artifacts are shared."
        )


def _require_unclaimed(here: UUID | None) -> None:
    """Raise if a database without an id is not DATA_DIR's: empty where that is used, or full of versions elsewhere."""
    if not User.objects.exists():
        if here is not None and settings.AUDIT_HEAD.exists():
            raise InvalidState(
                f"DATA_DIR {settings.DATA_DIR} belongs to the installation {here}, but the database is empty. Set "
                "DATABASE_URL to its database, or restore a backup into an empty DATA_DIR (manage.py restore). To "
                f"begin anew with what lies there, remove {settings.INSTALLATION_FILE}."
            )
        return
    _require_files()
    events = list(AuditEvent.objects.order_by("-pk")[:LOOKED_AT])
    if events and not any(event.is_genuine() for event in events):
        raise InvalidState(
            f"The audit log of the database is signed with another key than that of DATA_DIR {settings.DATA_DIR}, "
            "which is not the folder of this database. Set DATA_DIR to the one that is, or AUDIT_KEY to the key."
        )


def _require_files() -> None:
    newest = ModelVersion.objects.filter(~Q(size=0), status=ModelVersion.Status.READY).order_by("-pk")
    locations = list(newest.values_list("storage_location", flat=True)[:LOOKED_AT])
    if locations and not any(artifact_store(location).list_directory(location, "") for location in locations):
        raise InvalidState(
            f"The database has versions, but none of the newest has its files in {settings.ARTIFACT_ROOT}: DATA_DIR "
            f"{settings.DATA_DIR} is not the folder of this database. Set DATA_DIR to the one that is."
        )
