"""Tags, as native MLflow changes them and as databricks-sdk assigns them, and tag policies."""

from __future__ import annotations

from typing import Any

from registry.api.base import Nothing, Params, asks
from registry.api.fields import PageFields, tags_of, written_tags
from registry.api.registry_view import RegistryView
from registry.api.unity_catalog.serializers import tags as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.exceptions import InvalidParameterValue
from registry.names import FullName, version_number
from registry.privileges import SecurableType
from registry.services.labels import tag_policies, tags
from registry.services.shared import finders


class SecurableTags(DialectView):
    @asks(wire.UpdateTags)
    def patch(self, params: Params, securable_type: str, full_name: str) -> wire.TagAssignments:
        subject = finders.get_taggable(actor=self.actor, entity_type=securable_type, name=full_name)
        _change(self, subject, params)
        return {"tag_assignments": written_tags(subject)}


class SubentityTags(DialectView, RegistryView):
    @asks(wire.UpdateTags)
    def patch(self, params: Params, securable_type: str, full_name: str, subentity: str) -> wire.TagAssignments:
        """Tags of a model's version, which is the only kind of part that has tags here."""
        if SecurableType.parse(securable_type) is not SecurableType.FUNCTION:
            raise InvalidParameterValue("Only the versions of a registered model have tags of their own.")
        version = self.version(FullName.parse(full_name), version_number(subentity))
        _change(self, version, params)
        return {"tag_assignments": written_tags(version)}


class AssignmentView(DialectView):
    def subject(self, entity_type: str, entity_name: str) -> tags.Taggable:
        return finders.get_taggable(actor=self.actor, entity_type=entity_type, name=entity_name)


class TagAssignments(AssignmentView):
    @asks(wire.CreateAssignment)
    def post(self, params: Params) -> wire.TagAssignment:
        subject = self.subject(params["entity_type"], params["entity_name"])
        tags.create_tag(actor=self.actor, subject=subject, key=params["tag_key"], value=params["tag_value"] or "")
        return _assignment(params["entity_type"], params["entity_name"], params["tag_key"], params["tag_value"] or "")


class TagAssignmentsOf(AssignmentView):
    @asks(PageFields)
    def get(self, params: Params, entity_type: str, entity_name: str) -> wire.TagAssignmentList:
        rows = tags.list_tags(actor=self.actor, subject=self.subject(entity_type, entity_name))
        assignments = [_assignment(entity_type, entity_name, tag.key, tag.value) for tag in rows]
        return {"tag_assignments": assignments}  # there are at most 50


class TagAssignmentByKey(AssignmentView):
    @asks()
    def get(self, entity_type: str, entity_name: str, tag_key: str) -> wire.TagAssignment:
        tag = tags.get_tag(actor=self.actor, subject=self.subject(entity_type, entity_name), key=tag_key)
        return _assignment(entity_type, entity_name, tag.key, tag.value)

    @asks(wire.UpdateAssignment)
    def patch(self, params: Params, entity_type: str, entity_name: str, tag_key: str) -> wire.TagAssignment:
        subject, value = self.subject(entity_type, entity_name), params["tag_value"] or ""
        tags.update_tag(actor=self.actor, subject=subject, key=tag_key, value=value)
        return _assignment(entity_type, entity_name, tag_key, value)

    @asks()
    def delete(self, entity_type: str, entity_name: str, tag_key: str) -> Nothing:
        tags.delete_tag(actor=self.actor, subject=self.subject(entity_type, entity_name), key=tag_key)
        return {}


class TagPolicies(DialectView):
    @asks(wire.ListTagPolicies)
    def get(self, params: Params) -> wire.TagPolicyList:
        params["max_results"] = params.get("page_size") or params.get("max_results")
        rows = tag_policies.list_tag_policies()
        policies, token = self.page(rows, params, keys=("tag_key",), default=100, most=1000)
        return {"tag_policies": [wire.tag_policy(policy) for policy in policies], "next_page_token": token}

    @asks(wire.CreateTagPolicy)
    def post(self, params: Params) -> wire.TagPolicyInfo:
        policy = tag_policies.create_tag_policy(
            actor=self.actor, tag_key=params["tag_key"], description=params.get("description") or "",
            values=_values(params) or [], assigners=params.get("assigners", ()),
        )  # fmt: skip
        return wire.tag_policy(policy)


class TagPolicyByKey(DialectView):
    @asks()
    def get(self, tag_key: str) -> wire.TagPolicyInfo:
        return wire.tag_policy(tag_policies.get_tag_policy(tag_key=tag_key))

    @asks(wire.PatchTagPolicy)
    def patch(self, params: Params, tag_key: str) -> wire.TagPolicyInfo:
        policy = tag_policies.update_tag_policy(
            actor=self.actor, tag_key=tag_key, description=params.get("description"), values=_values(params),
            assigners=params.get("assigners"),
        )  # fmt: skip
        return wire.tag_policy(policy)

    @asks()
    def delete(self, tag_key: str) -> Nothing:
        tag_policies.delete_tag_policy(actor=self.actor, tag_key=tag_key)
        return {}


def _change(view: DialectView, subject: tags.Taggable, params: Params) -> None:
    changes = params["changes"]
    tags.update_tags(actor=view.actor, subject=subject, added=tags_of(changes["add_tags"]), removed=changes["remove"])


def _assignment(entity_type: str, entity_name: str, key: str, value: str) -> wire.TagAssignment:
    return {"entity_type": entity_type, "entity_name": entity_name, "tag_key": key, "tag_value": value}


def _values(params: Params) -> list[str] | None:
    listed: list[dict[str, Any]] | None = params.get("values")
    return None if listed is None else [item["name"] for item in listed]
