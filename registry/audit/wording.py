"""What events say, in words: the longer sentences of ``registry.audit.actions``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from registry.names import CERTIFICATION
from registry.sizes import readable

Parameters = Mapping[str, Any]


_CHANGES: dict[str, Callable[[Any], str]] = {
    "new_name": lambda name: f"renamed it to {name}",
    "owner": lambda owner: f"made {owner} its owner",
    "comment": lambda _: "described it",
    "properties": lambda _: "set its properties",
    "deprecation": lambda _: "said what replaces it",
    "deployment_job_id": lambda job: f"connected the deployment job {job}" if job else "disconnected its job",
}
"""What an update changed. Texts are not repeated: the page shows the one that counts."""


def updated(parameters: Parameters) -> str:
    return " and ".join(say(parameters[key]) for key, say in _CHANGES.items() if key in parameters) or "updated it"


def alias(parameters: Parameters) -> str:
    before = parameters.get("previous_version_num")
    was = f" (it was version {before})" if before else ""
    return f"set the alias {parameters['alias_arg']} to version {parameters['version_num']}{was}"


def tags(parameters: Parameters) -> str:
    set_to, gone = dict(parameters.get("added", {})), list(parameters.get("removed", []))
    mark = set_to.pop(CERTIFICATION, "")
    added = ", ".join(f"{key}: {value}" if value else key for key, value in set_to.items())
    removed = ", ".join(key for key in gone if key != CERTIFICATION)
    parts = [f"marked it as {mark}" if mark else "", "took its mark away" if CERTIFICATION in gone else ""]
    parts += [f"set the tags {added}" if added else "", f"removed the tags {removed}" if removed else ""]
    return " and ".join(filter(None, parts)) or "changed the tags"


def grants(parameters: Parameters) -> str:
    parts = []
    for change in parameters.get("changes", []):
        added, removed = ", ".join(change["add"]), ", ".join(change["remove"])
        until = f" until {change['ends_at'][:10]}" if "ends_at" in change else ""
        parts += [f"granted {added} to {change['principal']}{until}"] if added else []
        taken = "ended the grant of {} to {}" if change.get("ended") else "revoked {} from {}"
        parts += [taken.replace("{}", removed, 1).replace("{}", change["principal"], 1)] if removed else []
    return " and ".join(parts).replace("_", " ") or "changed the grants"


def _which(parameters: Parameters) -> str:
    """On which version, where an event is on one."""
    return f" on version {parameters['version_arg']}" if "version_arg" in parameters else ""


def _asked(parameters: Parameters) -> str:
    return f"{', '.join(parameters['privileges']).replace('_', ' ')} for {parameters['principal']}"


def accepted(parameters: Parameters) -> str:
    """Say the numbers of the seals; their MACs are not for reading."""
    before, now = (parameters[key].partition(" ")[0] for key in ("old_head", "new_head"))
    return f"accepted seal {now} as the end of the audit log (noted was {before})"


def registered(parameters: Parameters) -> str:
    """Say what has been registered; events of earlier releases do not say how many files."""
    version, files = f"registered version {parameters['version_arg']}", parameters.get("files")
    if files is None:
        return version
    return f"{version}: {files} file{'' if files == 1 else 's'}, {readable(parameters['size_bytes'])}"


def written(parameters: Parameters) -> str:
    """Say how many files, by whom, and whether someone has replaced or deleted another user's."""
    files = parameters["files"]
    by = ", ".join(sorted({file["by"] or "somebody unknown" for file in files}))
    changed = sum(1 for file in files if file.get("replaced"))
    again = f", {changed} of them in place of others" if changed else ""
    return f"ended the upload of version {parameters['version_arg']}: {len(files)} file(s) by {by}{again}"


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
"""What became of a user, in this order; the values are those after the change."""


def user(parameters: Parameters) -> str:
    changed = parameters.get("changed")
    fields = changed if isinstance(changed, dict) else dict.fromkeys(changed if isinstance(changed, list) else ())
    after = {name: value[1] if isinstance(value, list) else value for name, value in fields.items()}
    parts = [say(after[name]) for name, say in _FIELDS.items() if name in after]
    return f"changed {parameters['name']}" + (f": {' and '.join(parts)}" if parts else "")


def group(parameters: Parameters) -> str:
    changes = parameters.get("changed")
    parts = []
    for change in changes if isinstance(changes, list) else ():
        parts += [f"renamed it to {change['name']}"] if "name" in change else []
        parts += [f"took in {', '.join(change['add'])}"] if "add" in change else []
        parts += [f"took out {', '.join(change['remove'])}"] if "remove" in change else []
        parts += [f"made {', '.join(change['only']) or 'nobody'} its only members"] if "only" in change else []
    return f"changed the group {parameters['name']}" + (f": {' and '.join(parts)}" if parts else "")


def _assigned_by(parameters: Parameters) -> str:
    return f", which {_among(parameters['assigners'])} can assign" if "assigners" in parameters else ""


def _among(names: list[str]) -> str:
    return ", ".join(names) if names else "administrators only"


def signed_out(parameters: Parameters) -> str:
    if "sessions" not in parameters:
        return "signed out"
    return f"ended {parameters['sessions']} session(s)" + (f" of {parameters['user']}" if "user" in parameters else "")


def tags_of_version(parameters: Parameters) -> str:
    return f"{tags(parameters)} of version {parameters['version_arg']}"


def commented(parameters: Parameters) -> str:
    return f"commented{_which(parameters)}"


def comment_edited(parameters: Parameters) -> str:
    return f"edited a comment{_which(parameters)}"


def comment_deleted(parameters: Parameters) -> str:
    return f"deleted a comment of {parameters['author']}{_which(parameters)}"


def access_requested(parameters: Parameters) -> str:
    return f"asked for {_asked(parameters)}"


def access_decided(parameters: Parameters) -> str:
    return f"{parameters['decision'].lower()} {_asked(parameters)}"


def access_withdrawn(parameters: Parameters) -> str:
    return f"withdrew the request for {_asked(parameters)}"


def tag_governed(parameters: Parameters) -> str:
    return f"governed the tag {parameters['tag_key']}{_assigned_by(parameters)}"


def tag_policy_changed(parameters: Parameters) -> str:
    return f"changed the policy of the tag {parameters['tag_key']}{_assigned_by(parameters)}"


def credential(parameters: Parameters) -> str:
    operation = parameters["operation"].replace("_", " ").lower()
    return f"got access to the files of version {parameters['version_arg']} ({operation})"
