"""Users and groups: Django's own pages, with our events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import NestedGroupAdmin, PrincipalAdmin
from accounts.models import EVERYONE, User
from registry import audit
from registry.actor import Actor
from registry.admin.bases import Searched
from registry.services.shared import ownership


class AuditedPrincipals(Searched):
    """Django's own pages for principals; each change leaves its event in the transaction of the page."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_everyone(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_everyone(obj) and super().has_delete_permission(request, obj)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Note what was and what is, for the event: Django's own message names only the fields."""
        request._changed = {  # type: ignore[attr-defined]
            name: [_as_parameter(form.initial.get(name)), _as_parameter(form.cleaned_data.get(name))]
            for name in form.changed_data
            if "password" not in name
        }
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.principal_created(Actor.from_request(request), obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.principal_updated(Actor.from_request(request), obj, getattr(request, "_changed", {}) or message)
        return super().log_change(request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, type(obj)._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            ownership.disown(queryset)
            for principal in queryset:
                audit.principal_deleted(Actor.from_request(request), principal)
            super().delete_queryset(request, queryset)


admin.site.unregister([User, Group])


@admin.register(User)
class AuditedUserAdmin(AuditedPrincipals, PrincipalAdmin):
    pass


@admin.register(Group)
class AuditedGroupAdmin(AuditedPrincipals, NestedGroupAdmin):
    pass


def _is_everyone(obj: Any) -> bool:
    """Whether it is the group of everyone, which no one may rename, fill or delete."""
    return isinstance(obj, Group) and obj.name == EVERYONE


def _as_parameter(value: Any) -> Any:
    """Return a form's value as an event keeps it."""
    if isinstance(value, bool) or value is None:
        return value
    is_list = isinstance(value, (list, tuple)) or hasattr(value, "all")
    return sorted(map(str, value)) if is_list else str(value)
