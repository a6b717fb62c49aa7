"""SCIM's PATCH (RFC 7644, section 3.5.2), read into the changes that the services make."""

from __future__ import annotations

import re
from typing import Any

from registry import limits
from registry.api.scim.serializers import members_of
from registry.exceptions import InvalidParameterValue
from registry.services.people.groups import GroupChange, Members

_MEMBER = re.compile(r"""members\[\s*value\s+eq\s+"(?P<id>\d{1,18})"\s*\]""", re.IGNORECASE)
_USER_COLUMNS = {"active": "is_active", "displayname": "display_name", "username": "user_name"}


def user_changes(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns of a user that ``operations`` set. What is not kept (entitlements, roles, e-mails) is ignored."""
    changes: dict[str, Any] = {}
    for operation in operations:
        op, path, value = _parts(operation)
        values = value if not path and isinstance(value, dict) else {path: value}
        for name, item in values.items():
            column = _USER_COLUMNS.get(name.lower())
            if column == "is_active":
                changes[column] = op != "remove" and _truth(item)
            elif column:
                changes[column] = _text(name, "" if op == "remove" else item)
    return changes


def group_change(operation: dict[str, Any]) -> GroupChange:
    """What one operation asks of a group: a name, members added, removed, or replaced."""
    op, path, value = _parts(operation)
    if not path and isinstance(value, dict) and op != "remove":
        members = value.get("members")
        name = value.get("displayName")
        return GroupChange(
            name=None if name is None else _text("displayName", name),
            add=members_of(_references(members)) if op == "add" else Members(),
            only=members_of(_references(members)) if op == "replace" and members is not None else None,
        )
    if path.lower() == "displayname" and op != "remove":
        return GroupChange(name=_text(path, value))
    if match := _MEMBER.fullmatch(path):
        return GroupChange(remove=members_of([{"value": match["id"]}]))
    if path.lower() == "members":
        return _members_change(op, value)
    raise InvalidParameterValue(f"There is nothing at the path {path!r} of a group.")


def _members_change(op: str, value: Any) -> GroupChange:
    if op == "add":
        return GroupChange(add=members_of(_references(value)))
    if op == "replace" or value is None:
        return GroupChange(only=members_of(_references(value)))
    return GroupChange(remove=members_of(_references(value)))


def _parts(operation: dict[str, Any]) -> tuple[str, str, Any]:
    op = operation["op"].lower()
    if op not in ("add", "remove", "replace"):
        raise InvalidParameterValue(f"{operation['op']!r} is not an operation: add, remove or replace.")
    return op, operation["path"] or "", operation.get("value")


def _references(value: Any) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    if len(listed) > limits.GROUP_MEMBERS_PER_CALL:
        raise InvalidParameterValue(f"One call names at most {limits.GROUP_MEMBERS_PER_CALL} members.")
    if not all(isinstance(item, dict) for item in listed):
        raise InvalidParameterValue('Members are a list of {"value": <id>}.')
    return listed


def _truth(value: Any) -> bool:
    """Some clients write booleans as text, and databricks-sdk leaves a false one out."""
    return str(value).lower() in ("true", "1") if value is not None else False


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 255 or "\0" in value:
        raise InvalidParameterValue(f"{name} is a text of at most 255 characters.")
    return value
