"""What only this server has: the audit log, «why?», «what if?», and requests for access with their answers."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from registry.api.base import ApiView, Params, asks
from registry.api.contracts import declares
from registry.api.governance import serializers as wire
from registry.api.grant_changes import UpdatePermissions, grant_changes
from registry.http import export
from registry.http.events import event
from registry.models import AccessRequest
from registry.services.access import access_decisions, access_requests, explanations
from registry.services.activity import audit_log
from registry.services.activity.audit_log import EventFilter
from registry.services.shared.ownership import find_principal


class GovernanceView(ApiView):
    def filters(self, params: Params) -> EventFilter:
        """The filter of a request for events."""
        named = params["full_name"] and self.securable(params["securable_type"] or "function", params["full_name"])
        return EventFilter(
            securable=named or None,
            principal=params["principal"],
            action_name=params["action_name"],
            result=params.get("result", ""),
            since=params.get("since"),
            until=params.get("until"),
        )


class AuditEvents(GovernanceView):
    @asks(wire.ListEvents)
    def get(self, params: Params) -> wire.EventList:
        """List events, newest first: administrators see all, managers those of what they manage."""
        matches = audit_log.list_events(actor=self.actor, filters=self.filters(params))
        rows, token = self.page(matches, params, keys=("-pk",), default=100, most=1000)
        events = [event(row, audit_log.told_parameters(actor=self.actor, event=row)) for row in rows]
        return {"events": events, "next_page_token": token}


class ExportAuditEvents(GovernanceView):
    @declares(asks=wire.ExportEvents, gives_text=export.MEDIA_TYPES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the same events as JSON lines or CSV: as many as there are."""
        params = self.parse(wire.ExportEvents)
        return export.streamed(self.actor, self.filters(params), params["format"])


class ExplainAccess(GovernanceView):
    @asks(wire.Explain)
    def get(self, params: Params, securable_type: str, full_name: str) -> wire.ExplanationAnswer:
        """Explain why a principal (the caller, if none is named) may perform an operation, or what it lacks."""
        securable = self.securable(securable_type, full_name)
        principal = find_principal(params["principal"]) if params["principal"] else self.actor.principal
        explanation = explanations.explain(
            actor=self.actor, principal=principal, operation=params["operation"], securable=securable
        )
        return wire.explanation(explanation)


class PreviewGrants(GovernanceView):
    @asks(UpdatePermissions)
    def post(self, params: Params, securable_type: str, full_name: str) -> wire.PreviewAnswer:
        """Preview a change of grants, without making it: who gains and who loses what, on how many objects."""
        securable = self.securable(securable_type, full_name)
        changes = grant_changes(params)
        return wire.preview(explanations.preview_grants(actor=self.actor, securable=securable, changes=changes))


class AccessRequests(GovernanceView):
    @asks(wire.ListRequests)
    def get(self, params: Params) -> wire.RequestList:
        """List the open requests that the caller may decide, or all that it has sent."""
        is_mine = params["role"] == "requester"
        list_ = access_requests.list_sent if is_mine else access_requests.list_to_decide
        rows, token = self.page(
            list_(actor=self.actor), params, keys=("-pk",), default=100, most=1000, about=params["role"]
        )
        requests = [wire.access_request(row, as_approver=not is_mine) for row in rows]
        return {"access_requests": requests, "next_page_token": token}

    @asks(wire.AskForAccess)
    def post(self, params: Params) -> wire.Requests:
        """Ask for privileges. Granting them includes any missing USE privileges on containers."""
        request = access_requests.request_access(
            actor=self.actor,
            securable=self.securable(params["securable_type"], params["full_name"]),
            privileges=params["privileges"],
            comment=params["comment"],
            principal=find_principal(params["principal"]) if params["principal"] else None,
            days=params["days"],
        )
        return {"access_requests": [wire.access_request(request)]}


class AccessRequestByUid(GovernanceView):
    def told(self, row: AccessRequest) -> wire.RequestAnswer:
        return wire.access_request(row, as_approver=row.requester != self.actor.principal)

    @asks()
    def get(self, uid: UUID) -> wire.RequestAnswer:
        return self.told(access_requests.get_access_request(actor=self.actor, uid=uid))

    @asks(wire.Decision)
    def patch(self, params: Params, uid: UUID) -> wire.RequestAnswer:
        """Grant, decline or withdraw a request."""
        row = access_requests.get_access_request(actor=self.actor, uid=uid)
        if params["decision"] == "WITHDRAW":
            access_decisions.withdraw_access_request(actor=self.actor, request=row)
        else:
            access_decisions.decide_access_request(
                actor=self.actor, request=row, grant=params["decision"] == "GRANT", reply=params["reply"],
                days=params.get("days", row.days),
            )  # fmt: skip
        return self.told(row)
