"""The page of an object, and of a principal."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import User
from registry.kinds import kind_of
from registry.models import Governed, ModelVersion
from registry.services.versions.comparison import reference_of


def page_of(row: Governed) -> str:
    """Return the address at which people see ``row``; the list of catalogs for the metastore."""
    kind = kind_of(row)
    return _address(kind.page, *kind.arguments(row))


def page_of_principal(who: User | Group) -> str:
    """Return the address at which administrators see a user, a group or a service principal."""
    if isinstance(who, Group):
        return reverse("group", args=[who.pk])
    return reverse("user" if who.kind == User.Kind.USER else "service-principal", args=[who.pk])


def compare_address(*versions: ModelVersion) -> str:
    """Return the address of the page that compares ``versions``, the first of which is the measure of the others."""
    names = [reference_of(version) for version in versions]
    return f"{reverse('compare')}?{urlencode({'version': names, 'base': names[0]}, doseq=True)}"


def called(who: User | Group) -> str:
    """Return what people call a principal."""
    return who.name if isinstance(who, Group) else who.get_full_name()


@lru_cache(maxsize=10_000)
def _address(page: str, *names: object) -> str:
    """Kept, since every page asks for those of a hundred and more entries of the tree."""
    return reverse(page, args=names)
