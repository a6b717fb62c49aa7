"""What only this server has: the audit log, «why?», «what if?», and requests for access with their answers."""

from __future__ import annotations

from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from registry.api.base import ApiView, Asked, asks
from registry.api.contracts import declares
from registry.api.governance import serializers as wire
from registry.api.grant_changes import UpdatePermissions, grant_changes
from registry.http import export
from registry.http.events import event
from registry.models import AccessRequest
from registry.services.access import access_requests, explanations
from registry.services.activity import audit_log
from registry.services.activity.audit_log import Wanted
from registry.services.shared.ownership import find_principal


class GovernanceView(ApiView):
    def wanted(self, asked: Asked) -> Wanted:
        """The filter of a request for events."""
        named = asked["full_name"] and self.securable(asked["securable_type"] or "function", asked["full_name"])
        return Wanted(
            securable=named or None,
            principal=asked["principal"],
            action_name=asked["action_name"],
            result=asked.get("result", ""),
            since=asked.get("since"),
            until=asked.get("until"),
        )


class AuditEvents(GovernanceView):
    @asks(wire.ListEvents)
    def get(self, asked: Asked) -> wire.EventList:
        """Events that the caller may read, the newest first: administrators all, managers those of what they manage."""
        rows = audit_log.list_events(actor=self.actor, wanted=self.wanted(asked))
        found, token = self.page(rows, asked, keys=("-pk",), default=100, most=1000)
        told = [event(row, audit_log.told_parameters(actor=self.actor, event=row)) for row in found]
        return {"events": told, "next_page_token": token}


class ExportAuditEvents(GovernanceView):
    @declares(asks=wire.ExportEvents, gives_text=export.MEDIA_TYPES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """The same events as JSON lines or CSV, streamed: as many as there are."""
        asked = self.parse(wire.ExportEvents)
        return export.streamed(self.actor, self.wanted(asked), asked["format"])


class ExplainAccess(GovernanceView):
    @asks(wire.Explain)
    def get(self, asked: Asked, securable_type: str, full_name: str) -> wire.ExplanationAnswer:
        """Why a principal (the caller, if none is named) may perform an operation, or what it lacks."""
        securable = self.securable(securable_type, full_name)
        principal = find_principal(asked["principal"]) if asked["principal"] else self.actor.principal
        found = explanations.explain(
            actor=self.actor, principal=principal, operation=asked["operation"], securable=securable
        )
        return wire.explanation(found)


class PreviewGrants(GovernanceView):
    @asks(UpdatePermissions)
    def post(self, asked: Asked, securable_type: str, full_name: str) -> wire.PreviewAnswer:
        """What a change of grants would do, without making it: who gains and who loses what, on how many objects."""
        securable = self.securable(securable_type, full_name)
        changes = grant_changes(asked)
        return wire.preview(explanations.preview_grants(actor=self.actor, securable=securable, changes=changes))


class AccessRequests(GovernanceView):
    @asks(wire.ListRequests)
    def get(self, asked: Asked) -> wire.RequestList:
        """The open requests that the caller may decide, or all that it has sent."""
        is_mine = asked["role"] == "requester"
        list_ = access_requests.list_sent if is_mine else access_requests.list_to_decide
        found, token = self.page(
            list_(actor=self.actor), asked, keys=("-pk",), default=100, most=1000, about=asked["role"]
        )
        told = [wire.access_request(row, as_approver=not is_mine) for row in found]
        return {"access_requests": told, "next_page_token": token}

    @asks(wire.AskForAccess)
    def post(self, asked: Asked) -> wire.Requests:
        """Ask for privileges; where USE of a container is missing too, that is a request of its own."""
        made = access_requests.request_access(
            actor=self.actor,
            securable=self.securable(asked["securable_type"], asked["full_name"]),
            privileges=asked["privileges"],
            comment=asked["comment"],
            principal=find_principal(asked["principal"]) if asked["principal"] else None,
        )
        return {"access_requests": [wire.access_request(row) for row in made]}


class AccessRequestByUid(GovernanceView):
    def told(self, row: AccessRequest) -> wire.RequestAnswer:
        return wire.access_request(row, as_approver=row.requester != self.actor.principal)

    @asks()
    def get(self, uid: UUID) -> wire.RequestAnswer:
        return self.told(access_requests.get_access_request(actor=self.actor, uid=uid))

    @asks(wire.Decision)
    def patch(self, asked: Asked, uid: UUID) -> wire.RequestAnswer:
        """Grant, decline or withdraw a request."""
        row = access_requests.get_access_request(actor=self.actor, uid=uid)
        if asked["decision"] == "WITHDRAW":
            access_requests.withdraw_access_request(actor=self.actor, request=row)
        else:
            access_requests.decide_access_request(
                actor=self.actor, request=row, grant=asked["decision"] == "GRANT", reply=asked["reply"]
            )
        return self.told(row)
