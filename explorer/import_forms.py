"""The form of an import."""

from __future__ import annotations

from typing import Any

from django import forms

from registry import limits
from registry.models import Import


class ImportFrom(forms.Form):
    """Another registry, and where its models go. Stages are written as STAGE=ALIAS, one in a line."""

    kind = forms.ChoiceField(label="From", choices=Import.Kind.choices)
    address = forms.CharField(
        max_length=limits.SOURCE_LENGTH, help_text="Such as https://mlflow.example.com.", widget=forms.URLInput()
    )
    user = forms.CharField(
        max_length=255, required=False, help_text="Only where it asks for a user name and a password.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    token = forms.CharField(
        label="Token or password", required=False, max_length=10_000,
        help_text="Kept sealed until the import has ended.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    destination = forms.CharField(
        label="Into", required=False, max_length=2 * limits.NAME_LENGTH + 1,
        help_text="The schema that takes the models, such as main.default. Of another Catalog Explorer: the catalog "
        "that takes the place of theirs, or nothing to keep their names.",
    )  # fmt: skip
    stages = forms.CharField(
        label="Stages become aliases", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        initial="\n".join(f"{stage}={alias}" for stage, alias in Import.STAGES.items()),
        help_text="One in a line. The latest version in a stage gets the alias.",
    )  # fmt: skip

    def clean_stages(self) -> dict[str, str]:
        lines = [line.partition("=") for line in self.cleaned_data["stages"].splitlines() if line.strip()]
        stages = {stage.strip(): alias.strip() for stage, _, alias in lines}
        if not all(stage and alias for stage, alias in stages.items()):
            raise forms.ValidationError("Write a stage and an alias in each line, such as Production=Champion.")
        return stages

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") != Import.Kind.CATALOG_EXPLORER and not cleaned.get("destination"):
            self.add_error("destination", "Name the schema that takes the models, such as main.default.")
        return cleaned
