"""Metastore, catalogs, schemas, models and versions, to look at; their grants, to edit.

Grants are edited with guardian's own pages; saving them is the service that the API and the browser use, with its
checks and its audit event.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from guardian.admin import AdminGroupObjectPermissionsForm, AdminUserObjectPermissionsForm, GuardedModelAdmin

from registry.actor import Actor
from registry.admin.bases import SEARCHED, LookedAt, ReadOnly
from registry.exceptions import RegistryError
from registry.models import (
    Alias,
    Catalog,
    ExternalMetadata,
    Metastore,
    ModelVersion,
    RegisteredModel,
    RegisteredModelTag,
    Schema,
    Table,
)
from registry.models.filing import SHOWN_NAME, with_shown_name
from registry.names import folded
from registry.privileges import Privilege
from registry.search.conditions import FEW
from registry.services.access import grants


class SavesThroughService(forms.Form):
    """Mixed into guardian's forms: what was ticked becomes one change of one principal."""

    def __init__(self, principal: grants.Principal, obj: Any, *args: Any, actor: Actor, **kwargs: Any) -> None:
        self.actor, self.principal, self.securable = actor, principal, obj
        super().__init__(principal, obj, *args, **kwargs)  # type: ignore[arg-type]  # guardian's form comes next

    def clean(self) -> dict[str, Any]:
        """Save here, so that a refusal is shown in the form instead of being a fault of the server."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        held = set(self.get_obj_perms_field_initial())  # type: ignore[attr-defined]
        chosen = set(cleaned.get("permissions", []))
        change = grants.GrantChange(self.principal, add=_privileges(chosen - held), remove=_privileges(held - chosen))
        try:
            if change.add or change.remove:
                grants.update_grants(actor=self.actor, securable=self.securable, changes=[change])
        except RegistryError as error:
            raise ValidationError(error.message) from error
        return cleaned

    def save_obj_perms(self) -> None:
        """Do nothing: it was done when the form was found valid."""


class UserGrantsForm(SavesThroughService, AdminUserObjectPermissionsForm):
    pass


class GroupGrantsForm(SavesThroughService, AdminGroupObjectPermissionsForm):
    pass


class SecurableAdmin(ReadOnly, GuardedModelAdmin):  # type: ignore[misc]
    """A securable: its fields to look at, its grants (the link «Object permissions») to edit."""

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> type[forms.Form]:
        return partial(UserGrantsForm, actor=Actor.from_request(request))  # type: ignore[return-value]

    def get_obj_perms_manage_group_form(self, request: HttpRequest) -> type[forms.Form]:
        return partial(GroupGrantsForm, actor=Actor.from_request(request))  # type: ignore[return-value]

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> Any:
        _require_keys(object_pk)
        return super().obj_perms_manage_view(request, object_pk)  # type: ignore[no-untyped-call]

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> Any:
        _require_keys(object_pk, user_id)
        return super().obj_perms_manage_user_view(request, object_pk, user_id)  # type: ignore[no-untyped-call]

    def obj_perms_manage_group_view(self, request: HttpRequest, object_pk: str, group_id: str) -> Any:
        _require_keys(object_pk, group_id)
        return super().obj_perms_manage_group_view(request, object_pk, group_id)  # type: ignore[no-untyped-call]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        hidden = {"show_save": False, "show_save_and_continue": False}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **hidden})


@admin.register(Metastore)
class MetastoreAdmin(SecurableAdmin):
    list_display = ("name", "uid", "created_at")


@admin.register(Catalog)
class CatalogAdmin(SecurableAdmin):
    list_select_related = ("owner_user", "owner_group")
    list_display = ("name", "owner_user", "owner_group", "created_at", "created_by")
    search_fields = ("name", "comment")


@admin.register(Schema)
class SchemaAdmin(SecurableAdmin):
    list_display = ("name", "catalog", "owner_user", "owner_group", "created_at", "created_by")
    list_filter = ("catalog",)
    list_select_related = ("catalog", "owner_user", "owner_group")
    search_fields = ("name", "comment")


class ReadOnlyInline(admin.TabularInline[Any, RegisteredModel]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AliasesInline(ReadOnlyInline):
    model = Alias
    fields = readonly_fields = ("name", "version")

    @admin.display
    def version(self, alias: Alias) -> int:
        return alias.model_version.version

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("model_version")


class TagsInline(ReadOnlyInline):
    model = RegisteredModelTag
    fields = readonly_fields = ("key", "value")


@admin.register(RegisteredModel)
class RegisteredModelAdmin(SecurableAdmin):
    ordering = ("filed_as",)
    list_display = ("name", "schema", "owner_user", "owner_group", "last_version", "created_at")
    list_filter = ("schema__catalog",)
    list_select_related = ("schema__catalog", "owner_user", "owner_group")
    list_per_page = 50
    search_fields = (SHOWN_NAME,)
    inlines = (AliasesInline, TagsInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisteredModel]:
        return with_shown_name(super().get_queryset(request))  # type: ignore[no-untyped-call]  # guardian's


@admin.register(Table)
class TableAdmin(SecurableAdmin):
    list_display = ("name", "schema", "data_source_format", "owner_user", "owner_group", "created_at")
    list_filter = ("schema__catalog",)
    list_select_related = ("schema__catalog", "owner_user", "owner_group")
    list_per_page = 50
    search_fields = ("name", "storage_location")


@admin.register(ExternalMetadata)
class ExternalMetadataAdmin(SecurableAdmin):
    list_display = ("name", "system_type", "entity_type", "owner_user", "owner_group", "created_at")
    list_filter = ("system_type",)
    list_select_related = ("owner_user", "owner_group")
    search_fields = ("name", "url")


@admin.register(ModelVersion)
class ModelVersionAdmin(LookedAt):
    ordering = ("-created_at",)
    list_display = ("__str__", "status", "created_at", "created_by")
    list_filter = ("status",)
    list_select_related = ("registered_model__schema__catalog",)
    list_per_page = 50
    search_fields = ("registered_model__filed_as",)
    search_help_text = "Words of the model's full name, or the id of a run or of a logged model"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look for words in the names of models; take what is in none of them as an id."""
        words = folded(search_term[:SEARCHED]).split()
        if not words:
            return queryset, False
        having_words = (Q(**{f"{SHOWN_NAME}__contains": word}) for word in words)
        named = with_shown_name(RegisteredModel.objects.order_by()).filter(*having_words)
        few = list(named.values_list("pk", flat=True)[: FEW + 1])
        if not few:
            sought = search_term.strip()
            return queryset.filter(Q(run_id=sought) | Q(model_id=sought)), False
        if len(few) <= FEW:
            return queryset.filter(registered_model__in=few), False
        return queryset.filter(Exists(named.filter(pk=OuterRef("registered_model")))), False


def _require_keys(*keys: str) -> None:
    """Answer 404 where guardian would look up what isn't a key."""
    if not all(key.isdecimal() for key in keys):
        raise Http404


def _privileges(codenames: set[str]) -> tuple[Privilege, ...]:
    return tuple(Privilege(codename.upper()) for codename in sorted(codenames))
