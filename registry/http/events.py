"""An audit event as JSON, for the API and for exports. Times in ISO 8601."""

from __future__ import annotations

from typing import Any, TypedDict

from registry.models import AuditEvent


class UserIdentity(TypedDict):
    email: str
    on_behalf_of: str


class EventResponse(TypedDict):
    status_code: int
    error_message: str


class Event(TypedDict):
    event_id: str
    event_time: str
    service_name: str
    action_name: str
    user_identity: UserIdentity
    source_ip_address: str
    user_agent: str
    request_id: str
    securable_type: str
    securable_full_name: str
    request_params: dict[str, Any]
    response: EventResponse


def event(row: AuditEvent, parameters: dict[str, Any]) -> Event:
    """Return an event, named as in Databricks' ``system.access.audit``."""
    return {
        "event_id": str(row.uid),
        "event_time": row.at.isoformat(),
        "service_name": "unityCatalog",
        "action_name": row.action_name,
        "user_identity": {"email": row.actor, "on_behalf_of": row.on_behalf_of},
        "source_ip_address": row.source_address,
        "user_agent": row.user_agent,
        "request_id": row.request_id,
        "securable_type": row.securable_type,
        "securable_full_name": row.securable_name,
        "request_params": parameters,
        "response": {"status_code": 403 if row.is_denied else 200, "error_message": row.error_message},
    }
