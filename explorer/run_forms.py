"""The forms of experiments and runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from explorer.copy_forms import Destination
from registry import limits

_TAG_KEY, _TAG_VALUE, _RUN_NAME = 250, 5_000, 250
"""What MLflow keeps of each, in characters."""


class ExperimentName(forms.Form):
    name = forms.CharField(
        max_length=limits.EXPERIMENT_NAME_LENGTH,
        help_text="A name, or a path: /Shared/churn is everybody's, /Users/<you>/churn is yours.",
    )


class RunName(forms.Form):
    name = forms.CharField(max_length=_RUN_NAME)


class RunTag(forms.Form):
    key = forms.CharField(max_length=_TAG_KEY)
    value = forms.CharField(max_length=_TAG_VALUE, required=False)


class Register(Destination):
    """Where what a run has logged is registered."""

    source = forms.ChoiceField(label="Logged model")
    comment = forms.CharField(
        label="Description of the version",
        required=False,
        max_length=limits.COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown.",
    )
    field_order = ("source", "destination", "comment")

    def __init__(self, *args: Any, sources: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        """``sources`` are what can be registered, and what each is called."""
        super().__init__(*args, **kwargs)
        self.fields["destination"].label = "Registered model"
        self.fields["source"].choices = sources  # type: ignore[attr-defined]
