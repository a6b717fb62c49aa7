"""What came of an import: counts, and a line for everything that is not as it was there."""

from __future__ import annotations

from django.db.models import F

from registry.models import Import

_LONGEST = 1_000
"""Characters of a line."""


class Report:
    """Gathers it; ``write`` keeps it, also of an import that is interrupted. One that goes on tells it all again."""

    def __init__(self, imported: Import) -> None:
        self._rows, self._lines = Import.objects.filter(pk=imported.pk), list[list[str]]()
        self.told: set[str] = set()
        self._before, self._models, self._versions, self._there = imported.versions_done, 0, 0, 0

    def add(self, about: str, words: str) -> None:
        if len(self._lines) < Import.MOST_LINES:
            self._lines.append([about[:_LONGEST], words.replace("\0", "")[:_LONGEST]])
        elif len(self._lines) == Import.MOST_LINES:
            self._lines.append(["", "There is more that is not told."])

    def count_model(self) -> None:
        self._models += 1

    def count_there(self) -> None:
        """Count a version that was here."""
        self._there += 1

    def count_version(self) -> None:
        """Count a version that has come."""
        self._versions += 1
        self._rows.update(versions_done=F("versions_done") + 1)

    def write(self) -> None:
        there = max(0, self._there - self._before)  # those that came before it was interrupted are here now
        self._rows.update(models_done=self._models, versions_there=there, report=self._lines)
