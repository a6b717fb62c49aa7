"""The forms that say where a version is copied to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from explorer.forms import Suggesting


class Destination(forms.Form):
    """A model to add a version to. ``suggestions`` are offered before anything is typed: texts, and what each is."""

    destination = forms.CharField(
        label="Destination model",
        max_length=800,
        help_text="A model that you can add versions to, or the full name of a new one: catalog.schema.model",
        widget=Suggesting("copy-destinations", "destinations"),
    )

    def __init__(self, *args: Any, suggestions: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggestions = suggestions


class CopyVersion(Destination):
    alias = forms.ChoiceField(label="Set an alias when the copy is ready", required=False)
    tags = forms.MultipleChoiceField(
        label="Copy these tags",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tags that record the outcome of a review are not copied unless you select them.",
    )
    with_card = forms.BooleanField(
        label="If the model is new, copy the description and the tags of this one", required=False, initial=True
    )

    def __init__(
        self, *args: Any, aliases: Sequence[str], version_tags: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alias"].choices = [("", "None"), *((name, f"@{name}") for name in aliases)]  # type: ignore[attr-defined]
        self.fields["tags"].choices = [(key, f"{key}:{value}"[:200]) for key, value in version_tags]  # type: ignore[attr-defined]
        if not version_tags:
            del self.fields["tags"]
