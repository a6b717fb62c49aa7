"""Tags and tag policies, read and written."""

from __future__ import annotations

from datetime import UTC
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, PageFields, Tag, TagField, TextField
from registry.models import TagPolicy


class TagChanges(serializers.Serializer[Any]):
    add_tags = Items(TagField(), default=list, max_length=limits.TAGS_PER_CALL)
    remove = Items(serializers.CharField(trim_whitespace=False), default=list, max_length=2 * limits.TAGS_PER_OBJECT)


class UpdateTags(serializers.Serializer[Any]):
    changes = TagChanges()


class CreateAssignment(serializers.Serializer[Any]):
    entity_type = serializers.CharField(trim_whitespace=False)
    entity_name = serializers.CharField(trim_whitespace=False)
    tag_key = serializers.CharField(trim_whitespace=False)
    tag_value = TextField(default="", allow_null=True)


class UpdateAssignment(serializers.Serializer[Any]):
    tag_value = TextField(default="", allow_null=True)


class TagPolicyValue(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False, max_length=limits.TAG_VALUE_LENGTH)


class UpdateTagPolicy(serializers.Serializer[Any]):
    description = TextField(allow_null=True, max_length=limits.COMMENT_LENGTH)
    values = Items(TagPolicyValue(), required=False, max_length=limits.TAG_POLICY_VALUES)
    # Who may assign the tag, by name: users, service principals and groups. An addition of ours.
    assigners = Items(
        serializers.CharField(trim_whitespace=False, max_length=255),
        required=False,
        max_length=limits.TAG_POLICY_ASSIGNERS,
    )


class PatchTagPolicy(UpdateTagPolicy):
    """Only what ``update_mask`` names is changed (without one, all that is given); a named, absent field is empty."""

    update_mask = TextField(default="", max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        masked = {name.strip() for name in attrs.pop("update_mask").split(",") if name.strip()}
        if unknown := masked - {"*", "description", "values", "assigners"}:
            raise serializers.ValidationError(f"update_mask names {min(unknown)!r}, which cannot be changed.")
        if not masked:
            return attrs
        empty: dict[str, Any] = {"description": "", "values": []}
        changed = {name: attrs.get(name, empty[name]) for name in empty if masked & {"*", name}}
        if "assigners" in masked or ("*" in masked and "assigners" in attrs):  # stock clients have none
            changed["assigners"] = attrs.get("assigners", [])
        return changed


class CreateTagPolicy(UpdateTagPolicy):
    tag_key = serializers.CharField(trim_whitespace=False)


class ListTagPolicies(PageFields):
    page_size = serializers.IntegerField(required=False, allow_null=True)


class TagAssignments(TypedDict):
    tag_assignments: list[Tag]


class TagAssignment(TypedDict):
    entity_type: str
    entity_name: str
    tag_key: str
    tag_value: str


class TagAssignmentList(TypedDict):
    tag_assignments: list[TagAssignment]
    next_page_token: NotRequired[str]


class TagPolicyValueInfo(TypedDict):
    name: str


class TagPolicyInfo(TypedDict):
    id: str
    tag_key: str
    description: str
    values: list[TagPolicyValueInfo]
    assigners: list[str]
    create_time: str
    update_time: str


class TagPolicyList(TypedDict):
    tag_policies: list[TagPolicyInfo]
    next_page_token: NotRequired[str]


def tag_policy(policy: TagPolicy) -> TagPolicyInfo:
    return {
        "id": str(policy.uid),
        "tag_key": policy.tag_key,
        "description": policy.description,
        "values": [{"name": value} for value in policy.values],
        "assigners": [str(assigner) for assigner in policy.assigners.all()],
        "create_time": policy.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "update_time": policy.updated_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
