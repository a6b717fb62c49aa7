"""The audit log: a filter, a page of events, and the same as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from explorer import forms
from explorer.actors import actor_of
from explorer.views.finding import find_by_name
from registry.exceptions import InvalidParameterValue, RegistryError
from registry.http import export
from registry.http.paging import page
from registry.services.activity import audit_log
from registry.services.activity.audit_log import EventFilter

PAGE_SIZE = 100


def index(request: HttpRequest) -> HttpResponse:
    form = forms.AuditFilter(request.GET)
    context: dict[str, Any] = {"form": form, "query": _query_without_page(request)}
    try:
        filters = _filters(request, form)
        rows = audit_log.list_events(actor=actor_of(request), filters=filters)
        events, context["next"] = page(
            rows, keys=("-pk",), size=PAGE_SIZE, token=request.GET.get("after", ""),
            bound_to=f"audit {context['query']} for {request.user.pk}",
        )  # fmt: skip
        context["events"] = [
            (event, audit_log.told_parameters(actor=actor_of(request), event=event)) for event in events
        ]
    except RegistryError as error:
        form.add_error(None, error.message)
    return render(request, "explorer/audit/index.html", context, status=200 if form.is_valid() else 400)


def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """The events that the filter finds, as JSON lines or CSV."""
    filters = _filters(request, forms.AuditFilter(request.GET))
    return export.streamed(actor_of(request), filters, form)


def _filters(request: HttpRequest, form: forms.AuditFilter) -> EventFilter:
    if not form.is_valid():
        raise InvalidParameterValue("This cannot be searched for.")
    fields = form.cleaned_data
    return EventFilter(
        securable=find_by_name(request, fields["object"].strip()) if fields["object"].strip() else None,
        principal=fields["principal"],
        action_name=fields["action"],
        result=fields["result"],
        since=fields["since"],
        until=fields["until"],
    )


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()
