"""Jobs and events, to look at."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.bases import LookedAt
from registry.models import AuditEvent, Job


@admin.register(Job)
class JobAdmin(LookedAt):
    list_select_related = ("created_by",)
    list_display = ("title", "kind", "state", "created_by", "created_at", "finished_at")
    list_filter = ("kind", "state")


@admin.register(AuditEvent)
class AuditEventAdmin(LookedAt):
    list_display = ("at", "actor", "action_name", "securable_type", "securable_name", "source_address")
    list_filter = ("action_name", "securable_type")
    search_fields = ("actor", "securable_name")
