"""What events tell, in words: the longer ones of the sentences in ``registry.audit.actions``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from registry.names import CERTIFICATION

Told = Mapping[str, Any]


_CHANGES: dict[str, Callable[[Any], str]] = {
    "new_name": lambda name: f"renamed it to {name}",
    "owner": lambda owner: f"made {owner} its owner",
    "comment": lambda _: "described it",
    "deployment_job_id": lambda job: f"connected the deployment job {job}" if job else "disconnected its job",
}
"""What an update changed. Texts are not repeated: the page shows the one that counts."""


def updated(told: Told) -> str:
    return " and ".join(say(told[key]) for key, say in _CHANGES.items() if key in told) or "updated it"


def alias(told: Told) -> str:
    before = told.get("previous_version_num")
    was = f" (it was version {before})" if before else ""
    return f"set the alias {told['alias_arg']} to version {told['version_num']}{was}"


def tags(told: Told) -> str:
    set_to, gone = dict(told.get("added", {})), list(told.get("removed", []))
    mark = set_to.pop(CERTIFICATION, "")
    added = ", ".join(f"{key}: {value}" if value else key for key, value in set_to.items())
    removed = ", ".join(key for key in gone if key != CERTIFICATION)
    parts = [f"marked it as {mark}" if mark else "", "took its mark away" if CERTIFICATION in gone else ""]
    parts += [f"set the tags {added}" if added else "", f"removed the tags {removed}" if removed else ""]
    return " and ".join(filter(None, parts)) or "changed the tags"


def grants(told: Told) -> str:
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


def accepted(told: Told) -> str:
    """The numbers of the seals; their MACs are nothing to read."""
    before, now = (told[key].partition(" ")[0] for key in ("old_head", "new_head"))
    return f"accepted seal {now} as the end of the audit log (noted was {before})"


def written(told: Told) -> str:
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


def user(told: Told) -> str:
    changed = told.get("changed")
    fields = changed if isinstance(changed, dict) else dict.fromkeys(changed if isinstance(changed, list) else ())
    after = {name: value[1] if isinstance(value, list) else value for name, value in fields.items()}
    parts = [say(after[name]) for name, say in _FIELDS.items() if name in after]
    return f"changed {told['name']}" + (f": {' and '.join(parts)}" if parts else "")


def group(told: Told) -> str:
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


def signed_out(told: Told) -> str:
    if "sessions" not in told:
        return "signed out"
    return f"ended {told['sessions']} session(s)" + (f" of {told['user']}" if "user" in told else "")


def tags_of_version(told: Told) -> str:
    return f"{tags(told)} of version {told['version_arg']}"


def commented(told: Told) -> str:
    return f"commented{_which(told)}"


def comment_edited(told: Told) -> str:
    return f"edited a comment{_which(told)}"


def comment_deleted(told: Told) -> str:
    return f"deleted a comment of {told['author']}{_which(told)}"


def access_requested(told: Told) -> str:
    return f"asked for {_asked(told)}"


def access_decided(told: Told) -> str:
    return f"{told['decision'].lower()} {_asked(told)}"


def access_withdrawn(told: Told) -> str:
    return f"withdrew the request for {_asked(told)}"


def tag_governed(told: Told) -> str:
    return f"governed the tag {told['tag_key']}{_assigned_by(told)}"


def tag_policy_changed(told: Told) -> str:
    return f"changed the policy of the tag {told['tag_key']}{_assigned_by(told)}"


def credential(told: Told) -> str:
    return f"got access to the files of version {told['version_arg']} ({told['operation'].replace('_', ' ').lower()})"
