"""Columns that every database must treat alike."""

from typing import Any

from django.db import models


class BinaryCharField(models.CharField[str, str]):
    """Text that is compared by its code points, so that order and pages are the same in every database."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
