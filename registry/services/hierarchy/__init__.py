"""Catalogs, schemas, registered models and their versions: created, changed, deleted."""
