"""The Django admin: the catalog to look at, its grants to edit; users and groups on Django's pages, with our events."""

from registry.admin import hierarchy, principals, records

__all__ = ["hierarchy", "principals", "records"]  # importing them registers their pages
