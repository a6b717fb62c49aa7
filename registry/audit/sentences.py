"""Audit events as people read them: what somebody did, in one sentence without a subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from registry.denials import DenialKind
from registry.models import AuditEvent
from registry.names import CERTIFICATION

Told = Mapping[str, Any]


_CHANGES: dict[str, Callable[[Any], str]] = {
    "new_name": lambda name: f"renamed it to {name}",
    "owner": lambda owner: f"made {owner} its owner",
    "comment": lambda _: "described it",
    "deployment_job_id": lambda job: f"connected the deployment job {job}" if job else "disconnected its job",
}
"""What an update changed. Texts are not repeated: the page shows the one that counts."""


def _updated(told: Told) -> str:
    return " and ".join(say(told[key]) for key, say in _CHANGES.items() if key in told) or "updated it"


def _alias(told: Told) -> str:
    before = told.get("previous_version_num")
    was = f" (it was version {before})" if before else ""
    return f"set the alias {told['alias_arg']} to version {told['version_num']}{was}"


def _tags(told: Told) -> str:
    set_to, gone = dict(told.get("added", {})), list(told.get("removed", []))
    mark = set_to.pop(CERTIFICATION, "")
    added = ", ".join(f"{key}: {value}" if value else key for key, value in set_to.items())
    removed = ", ".join(key for key in gone if key != CERTIFICATION)
    parts = [f"marked it as {mark}" if mark else "", "took its mark away" if CERTIFICATION in gone else ""]
    parts += [f"set the tags {added}" if added else "", f"removed the tags {removed}" if removed else ""]
    return " and ".join(filter(None, parts)) or "changed the tags"


def _grants(told: Told) -> str:
    parts = []
    for change in told.get("changes", []):
        added, removed = ", ".join(change["add"]), ", ".join(change["remove"])
        parts += [f"granted {added} to {change['principal']}"] if added else []
        parts += [f"revoked {removed} from {change['principal']}"] if removed else []
    return " and ".join(parts).replace("_", " ") or "changed the grants"


def _which(told: Told) -> str:
    """On which version, where an event is on one."""
    return f" on version {told['version_arg']}" if "version_arg" in told else ""


def _asked(told: Told) -> str:
    return f"{', '.join(told['privileges']).replace('_', ' ')} for {told['principal']}"


def _accepted(told: Told) -> str:
    """The numbers of the seals; their MACs are nothing to read."""
    before, now = (told[key].partition(" ")[0] for key in ("old_head", "new_head"))
    return f"accepted seal {now} as the end of the audit log (noted was {before})"


def _written(told: Told) -> str:
    """How many files, by whom, and whether somebody has replaced or deleted another one's."""
    files = told["files"]
    by = ", ".join(sorted({file["by"] or "somebody unknown" for file in files}))
    changed = sum(1 for file in files if file.get("replaced"))
    again = f", {changed} of them in place of others" if changed else ""
    return f"ended the upload of version {told['version_arg']}: {len(files)} file(s) by {by}{again}"


_FIELDS: dict[str, Callable[[Any], str]] = {
    "user_name": lambda name: f"renamed it to {name}",
    "display_name": lambda name: f"called it {name!r}",
    "is_active": lambda now: "activated it" if now else "deactivated it",
    "is_metastore_admin": lambda now: "made it a metastore administrator" if now else "ended its administration",
    "is_staff": lambda now: "let it into the Django admin" if now else "let it out of the Django admin",
    "is_superuser": lambda now: "made it a superuser" if now else "ended its being a superuser",
    "password": lambda _: "set its password",
    "must_change_password": lambda now: "asked for another password" if now else "asked for no other password",
    "second_factor": lambda now: "set up its second factor" if now else "removed its second factor",
    "recovery_codes": lambda _: "made new recovery codes",
    "sso_subject": lambda _: "connected it with single sign-on",
}
"""What became of a user, in this order; the values are those of after."""


def _user(told: Told) -> str:
    changed = told.get("changed")
    fields = changed if isinstance(changed, dict) else dict.fromkeys(changed if isinstance(changed, list) else ())
    after = {name: value[1] if isinstance(value, list) else value for name, value in fields.items()}
    parts = [say(after[name]) for name, say in _FIELDS.items() if name in after]
    return f"changed {told['name']}" + (f": {' and '.join(parts)}" if parts else "")


def _group(told: Told) -> str:
    changes = told.get("changed")
    parts = []
    for change in changes if isinstance(changes, list) else ():
        parts += [f"renamed it to {change['name']}"] if "name" in change else []
        parts += [f"took in {', '.join(change['add'])}"] if "add" in change else []
        parts += [f"took out {', '.join(change['remove'])}"] if "remove" in change else []
        parts += [f"made {', '.join(change['only']) or 'nobody'} its only members"] if "only" in change else []
    return f"changed the group {told['name']}" + (f": {' and '.join(parts)}" if parts else "")


def _assigned_by(told: Told) -> str:
    return f", which {_among(told['assigners'])} may assign" if "assigners" in told else ""


def _among(names: list[str]) -> str:
    return ", ".join(names) if names else "administrators alone"


def _signed_out(told: Told) -> str:
    if "sessions" not in told:
        return "signed out"
    return f"ended {told['sessions']} session(s)" + (f" of {told['user']}" if "user" in told else "")


_SENTENCES: dict[str, Callable[[Told], str]] = {
    "createCatalog": lambda told: "created the catalog",
    "createSchema": lambda told: f"created the schema {told['name']}",
    "createRegisteredModel": lambda told: f"created the model {told['name']}",
    "updateCatalog": _updated,
    "updateSchema": _updated,
    "updateRegisteredModel": _updated,
    "deleteCatalog": lambda told: "deleted the catalog",
    "deleteSchema": lambda told: f"deleted the schema {told['full_name_arg']}",
    "deleteRegisteredModel": lambda told: f"deleted the model {told['full_name_arg']}",
    "createModelVersion": lambda told: f"registered version {told['version_arg']}",
    "copyModelVersion": lambda told: f"began to copy a version into version {told['version_arg']}",
    "updateModelVersion": lambda told: f"described version {told['version_arg']}",
    "finalizeModelVersion": lambda told: f"completed version {told['version_arg']}",
    "writeModelVersionArtifacts": _written,
    "failModelVersion": lambda told: f"could not fill version {told['version_arg']}",
    "deleteModelVersion": lambda told: f"deleted version {told['version_arg']}",
    "setRegisteredModelAlias": _alias,
    "deleteRegisteredModelAlias": lambda told: f"removed the alias {told['alias_arg']}",
    "UpdateTagSecurableAssignments": _tags,
    "UpdateTagSubentityAssignments": lambda told: f"{_tags(told)} of version {told['version_arg']}",
    "updatePermissions": _grants,
    "createComment": lambda told: f"commented{_which(told)}",
    "updateComment": lambda told: f"edited a comment{_which(told)}",
    "deleteComment": lambda told: f"deleted a comment of {told['author']}{_which(told)}",
    "generateComment": lambda told: f"had {told['model']} draft a description",
    "requestAccess": lambda told: f"asked for {_asked(told)}",
    "decideAccessRequest": lambda told: f"{told['decision'].lower()} {_asked(told)}",
    "withdrawAccessRequest": lambda told: f"withdrew the request for {_asked(told)}",
    "generateTemporaryModelVersionCredential": lambda told: (
        f"got access to the files of version {told['version_arg']} ({told['operation'].replace('_', ' ').lower()})"
    ),
    "downloadModelVersionArtifact": lambda told: f"downloaded {told['path']} of version {told['version_arg']}",
    "login": lambda told: f"signed in by {told['method']}",
    "logout": _signed_out,
    "generateDbToken": lambda told: f"made the token {told['comment']!r} for {told['user']}",
    "revokeDbToken": lambda told: f"revoked the token {told['comment']!r} of {told['user']}",
    "createServicePrincipalSecret": lambda told: f"made a secret for {told['user']}",
    "deleteServicePrincipalSecret": lambda told: f"deleted a secret of {told['user']}",
    "createTagPolicy": lambda told: f"governed the tag {told['tag_key']}{_assigned_by(told)}",
    "updateTagPolicy": lambda told: f"changed the policy of the tag {told['tag_key']}{_assigned_by(told)}",
    "deleteTagPolicy": lambda told: f"deleted the policy of the tag {told['tag_key']}",
    "createUser": lambda told: f"created {told['name']}",
    "updateUser": _user,
    "deleteUser": lambda told: f"deleted {told['name']}",
    "createGroup": lambda told: f"created the group {told['name']}",
    "updateGroup": _group,
    "deleteGroup": lambda told: f"deleted the group {told['name']}",
    "auditChainAccepted": _accepted,
    "emitModelVersionLineage": lambda told: f"told the lineage of version {told['version_arg']}",
}


FOLDED = "foldedDenials"
"""The action of an event that stands for many denials of a minute."""
_REFUSED: dict[DenialKind, str] = {
    DenialKind.MISSING_PRIVILEGE: "was denied {action}",
    DenialKind.NARROW_TOKEN: "was denied {action} with a token of too narrow a scope",
    DenialKind.HIDDEN_OBJECT: "asked for what is hidden from them ({action})",
    DenialKind.NO_CREDENTIAL: "asked without any token",
    DenialKind.UNKNOWN_TOKEN: "came with a token that does not exist",
    DenialKind.EXPIRED_TOKEN: "came with a token that has expired",
    DenialKind.REVOKED_TOKEN: "came with a token that was revoked",
    DenialKind.FORGED_URL: "came with a signed URL that is not genuine",
    DenialKind.EXPIRED_URL: "came with a signed URL that has expired",
    DenialKind.REVOKED_URL: "came with a signed URL that counts no more",
    DenialKind.FORGED_UPLOAD_SESSION: "came with an upload session that is not genuine, not theirs, or has expired",
    DenialKind.FAILED_SIGN_IN: "failed to sign in",
    DenialKind.LOCKED_OUT: "was kept from signing in after too many attempts",
    DenialKind.WRONG_PASSWORD: "gave a wrong password ({action})",
    DenialKind.DEACTIVATED_ACCOUNT: "came with an account that has been deactivated",
    DenialKind.OAUTH_REQUEST: "was refused an OAuth token",
    DenialKind.FORGED_FORM: "sent a form without the proof that it was this site's",
    DenialKind.NOT_STAFF: "was kept out of the Django admin",
}
_COUNTED = {
    "addresses": "from ",
    "tokens": "with the token ",
    "principals": "as ",
    "operations": "",
    "objects": "on ",
}
"""What a folded event counts, and how it is said."""


def _denied(event: AuditEvent) -> str:
    if event.action_name == FOLDED:
        return f"was refused more often than is told one by one: {event.error_message}"
    kind = event.parameters.get("kind", DenialKind.MISSING_PRIVILEGE)
    words = _REFUSED.get(kind, _REFUSED[DenialKind.MISSING_PRIVILEGE]).format(action=event.action_name)
    method = f" by {event.parameters['method']}" if event.parameters.get("method") else ""
    return f"{words}{method}: {event.error_message}".removesuffix(": ")


def counted(told: Told) -> str:
    """The counts of folded denials as words: how many of each kind, of what, on what, from where, with which token."""
    others = told.get("others", {})
    kinds = ", ".join(f"{number} × {kind.replace('_', ' ').lower()}" for kind, number in _by_number(told["kinds"]))
    parts = [f"{told['count']} {'denial' if told['count'] == 1 else 'denials'}: {kinds}"]
    for what, lead in _COUNTED.items():
        names = [f"{_printable(name)} ({number})" for name, number in _by_number(told.get(what, {}))]
        more = [f"and {others[what]} more"] if others.get(what) else []
        parts += [f"{lead}{', '.join(names + more)}"] if names else []
    return "; ".join(parts)


def _by_number(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _printable(text: str) -> str:
    """What an attacker chose makes no lines of its own in a log."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def sentence(event: AuditEvent) -> str:
    """What the event tells, for a list that names its actor and its object."""
    if event.is_denied:
        return _denied(event)
    say = _SENTENCES.get(event.action_name)
    try:
        return say(event.parameters) if say else event.action_name
    except (KeyError, TypeError, AttributeError):
        return event.action_name  # an event of an older release, which told less
