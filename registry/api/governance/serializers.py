"""Events, explanations, previews and requests for access, as JSON. Times in ISO 8601."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, MomentField, PageFields, PrivilegeField, TextField
from registry.authorization import Operation
from registry.authorization.explaining import Explanation, Link, Reason
from registry.exceptions import InvalidParameterValue
from registry.http.events import Event
from registry.models import AccessRequest, AuditEvent
from registry.services.access.explanations import Effect, GrantPreview


class OperationField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Operation:
        text = super().to_internal_value(data).strip().lower().replace("_", " ")
        try:
            return Operation(text)
        except ValueError as error:
            known = ", ".join(operation.name for operation in Operation)
            raise InvalidParameterValue(f"{text!r} is not an operation: {known}.") from error


class WantedEvents(serializers.Serializer[Any]):
    securable_type = TextField(default="", max_length=30)
    full_name = TextField(default="", max_length=800)
    principal = TextField(default="", max_length=255)
    action_name = TextField(default="", max_length=100)
    result = serializers.ChoiceField(choices=AuditEvent.Result.choices, required=False, allow_blank=True)
    since = MomentField(required=False)
    until = MomentField(required=False)


class ListEvents(WantedEvents, PageFields):
    pass


class ExportEvents(WantedEvents):
    format = serializers.ChoiceField(choices=["jsonl", "csv"], default="jsonl")


class Explain(serializers.Serializer[Any]):
    operation = OperationField(max_length=60)
    principal = TextField(default="", max_length=255)


class Decision(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=["GRANT", "DECLINE", "WITHDRAW"])
    reply = TextField(default="", max_length=limits.REQUEST_COMMENT_LENGTH)
    days = serializers.IntegerField(min_value=1, max_value=limits.GRANT_DAYS, required=False, allow_null=True)


class ListRequests(PageFields):
    role = serializers.ChoiceField(choices=["approver", "requester"], default="approver")


class AskForAccess(serializers.Serializer[Any]):
    securable_type = serializers.CharField(max_length=30)
    full_name = serializers.CharField(max_length=800, trim_whitespace=False)
    privileges = Items(PrivilegeField(), max_length=50)
    principal = TextField(default="", max_length=255)
    comment = TextField(default="", max_length=limits.REQUEST_COMMENT_LENGTH)
    days = serializers.IntegerField(min_value=1, max_value=limits.GRANT_DAYS, default=None, allow_null=True)


class EventList(TypedDict):
    events: list[Event]
    next_page_token: NotRequired[str]


class ExplainedReason(TypedDict):
    basis: str
    principal: str
    privilege: str
    securable_type: str
    full_name: str


class ExplainedLink(TypedDict):
    privilege: str
    securable_type: str
    full_name: str
    satisfied: bool
    reasons: list[ExplainedReason]
    can_be_granted_by: list[str]


class ExplanationAnswer(TypedDict):
    principal: str
    operation: str
    securable_type: str
    full_name: str
    allowed: bool
    principal_is_active: bool
    links: list[ExplainedLink]


class EffectAnswer(TypedDict):
    ability: str
    kind: str
    objects: int


class ImpactAnswer(TypedDict):
    principal: str
    gains: list[EffectAnswer]
    loses: list[EffectAnswer]


class PreviewAnswer(TypedDict):
    people_reached: int
    people_looked_at: int
    impacts: list[ImpactAnswer]


class RequestAnswer(TypedDict):
    request_id: str
    state: str
    requester: str
    principal: str
    securable_type: str
    full_name: str
    privileges: list[str]
    days: int | None
    comment: str
    approved_by: str
    created_at: str
    decided_at: str | None
    decided_by: str
    reply: str


class RequestList(TypedDict):
    access_requests: list[RequestAnswer]
    next_page_token: NotRequired[str]


class Requests(TypedDict):
    access_requests: list[RequestAnswer]


def explanation(result: Explanation) -> ExplanationAnswer:
    return {
        "principal": str(result.principal),
        "operation": result.operation.name,
        "securable_type": result.securable.securable_type.value,
        "full_name": result.securable.full_name,
        "allowed": result.allowed,
        "principal_is_active": result.is_active,
        "links": [_link(link) for link in result.links],
    }


def _link(link: Link) -> ExplainedLink:
    return {
        "privilege": link.privilege.value,
        "securable_type": "TAG_POLICY" if link.tag else link.securable.securable_type.value,
        "full_name": link.tag or link.securable.full_name,
        "satisfied": bool(link.reasons),
        "reasons": [_reason(reason) for reason in link.reasons],
        "can_be_granted_by": [str(principal) for principal in link.granters],
    }


def _reason(reason: Reason) -> ExplainedReason:
    return {
        "basis": reason.basis.value,
        "principal": str(reason.holder),
        "privilege": reason.privilege.value if reason.privilege else "",
        "securable_type": reason.securable.securable_type.value,
        "full_name": reason.securable.full_name,
    }


def preview(result: GrantPreview) -> PreviewAnswer:
    return {
        "people_reached": result.people,
        "people_looked_at": result.looked_at,
        "impacts": [
            {"principal": str(i.person), "gains": _effects(i.gains), "loses": _effects(i.loses)} for i in result.impacts
        ],
    }


def _effects(effects: list[Effect]) -> list[EffectAnswer]:
    return [{"ability": effect.ability, "kind": effect.kind, "objects": effect.objects} for effect in effects]


def access_request(request: AccessRequest, *, as_approver: bool = False) -> RequestAnswer:
    """A request; its sender sees the name that was asked about, and those who decide it the current name."""
    return {
        "request_id": str(request.uid),
        "state": request.state,
        "requester": request.requester.user_name,
        "principal": str(request.principal),
        "securable_type": request.securable.securable_type.value,
        "full_name": request.securable.full_name if as_approver else request.asked_name,
        "privileges": list(request.privileges),
        "days": request.days,
        "comment": request.comment,
        "approved_by": request.approved_by,
        "created_at": request.created_at.isoformat(),
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
        "decided_by": request.decided_by,
        "reply": request.reply,
    }
