"""What pages of the admin have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

SEARCHED = 255
"""Characters of a search that are looked for: databases refuse patterns and conditions without end."""


class Searched(admin.ModelAdmin[Any]):
    """Rows whose search has an end."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term[:SEARCHED])


class ReadOnly(Searched):
    """Rows that the admin shows and does not change."""

    show_full_result_count = False  # next to what a search has found: counting everything takes longer than finding

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields]


class LookedAt(ReadOnly):
    """Rows without grants of their own."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
