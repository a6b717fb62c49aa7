"""A comparison of versions as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from rest_framework import serializers

from registry.api.fields import Items
from registry.services.versions.comparison import VersionComparison


class Compare(serializers.Serializer[Any]):
    version = Items(serializers.CharField(max_length=900), default=list, max_length=100)
    metric = serializers.CharField(max_length=900, default="")


class SignatureChange(TypedDict):
    message: str
    breaking: bool


class SignatureVerdict(TypedDict):
    version: str
    verdict: str
    changes: list[SignatureChange]


class ComparedRow(TypedDict):
    name: str
    values: list[str | None]
    deltas: list[float | None]
    different: bool


class ComparedSection(TypedDict):
    name: str
    unreadable: bool
    rows: list[ComparedRow]


class CoursePoint(TypedDict):
    version: int
    value: float


class ComparisonAnswer(TypedDict):
    versions: list[str]
    signature_verdicts: list[SignatureVerdict]
    sections: list[ComparedSection]
    course: list[CoursePoint]


def comparison(result: VersionComparison, course: Sequence[tuple[int, float]]) -> ComparisonAnswer:
    """``course``: that of the requested metric over the versions of the first one's model."""
    names = [f"{version.registered_model.full_name}/{version.version}" for version in result.versions]
    verdicts: list[SignatureVerdict] = [
        {
            "version": name,
            "verdict": compared.verdict.upper(),
            "changes": [{"message": change.words, "breaking": change.is_breaking} for change in compared.changes],
        }
        for name, compared in zip(names[1:], result.signatures, strict=True)
    ]
    sections: list[ComparedSection] = [
        {
            "name": section.name,
            "unreadable": section.unreadable,
            "rows": [
                {"name": row.name, "values": row.values, "deltas": row.deltas, "different": row.is_different}
                for row in section.rows
            ],
        }
        for section in result.sections
    ]
    points: list[CoursePoint] = [{"version": version, "value": value} for version, value in course]
    return {"versions": names, "signature_verdicts": verdicts, "sections": sections, "course": points}
