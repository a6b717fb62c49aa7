"""The forms that grant privileges, and ask for some."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from explorer.forms import Suggesting
from registry import limits
from registry.privileges import FOR_MODELS, GRANTABLE, HEADINGS, PRESETS, Privilege, SecurableType, preset_on

_PRESETS = {
    "Reader": "Find and load models",
    "Contributor": "Also register models, add versions and set tags",
    "Manager": "Do everything: also move aliases, grant access, rename and delete",
}
_CUSTOM = "Choose privileges below"


def principal_field(**options: Any) -> forms.CharField:
    """Return a field for whom something is granted to, or who else is meant by a name."""
    return forms.CharField(
        max_length=255,
        help_text="A user's e-mail, a service principal's application id, or a group's name.",
        widget=Suggesting("principal-suggestions", "principals"),
        **options,
    )


class Privileges(forms.Form):
    """The privileges that can be granted on a type of securable, to choose from."""

    privileges = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing can be used without USE CATALOG and USE SCHEMA on what contains it.",
    )

    def __init__(self, *args: Any, securable_type: SecurableType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.securable_type = securable_type
        # What this server itself asks for comes first: the enumeration has that order.
        privileges = [privilege for privilege in Privilege if privilege in GRANTABLE[securable_type]]
        self.fields["privileges"].choices = [(p.value, p.words) for p in privileges]  # type: ignore[attr-defined]

    def clean_privileges(self) -> list[Privilege]:
        return [Privilege(value) for value in self.cleaned_data["privileges"]]

    @property
    def boxes(self) -> list[BoundWidget]:
        """The boxes of what means something for models."""
        boxes = self._by_privilege()
        return [boxes[privilege] for privilege in FOR_MODELS if privilege in boxes]

    @property
    def advanced(self) -> list[tuple[str, list[BoundWidget]]]:
        """All other boxes under their headings, those without one first."""
        boxes = {name: box for name, box in self._by_privilege().items() if name not in FOR_MODELS}
        under = {title: [boxes.pop(p) for p in known if p in boxes] for title, known in HEADINGS.items()}
        return [(title, group) for title, group in [("General", list(boxes.values())), *under.items()] if group]

    def _by_privilege(self) -> dict[str, BoundWidget]:
        return {str(box.data["value"]): box for box in self["privileges"]}


class GrantForm(Privileges):
    principal = principal_field()
    preset = forms.ChoiceField(label="They can", required=False, widget=forms.RadioSelect)
    with_prerequisites = forms.BooleanField(
        required=False, label="Also grant USE on what contains it, without which nothing can be used"
    )
    field_order = ("principal", "preset", "privileges", "with_prerequisites")

    def __init__(self, *args: Any, prerequisites: bool | None, **kwargs: Any) -> None:
        """``prerequisites``: whether the user who grants may grant them too; None where there are none."""
        super().__init__(*args, **kwargs)
        presets = {name: preset_on(name, self.securable_type) for name in PRESETS}
        offered = [(name, f"{name}: {_PRESETS[name]}") for name in PRESETS if presets[name]]
        self.fields["preset"].choices = [*offered, ("", f"Custom: {_CUSTOM}")]  # type: ignore[attr-defined]
        self.fields["preset"].initial = offered[0][0] if offered else ""
        self.fields["preset"].widget.attrs["data-presets"] = json.dumps(presets)  # js/presets.js ticks them
        self.fields["privileges"].required = False
        self.fields["privileges"].initial = presets["Reader"]
        if prerequisites is None:
            del self.fields["with_prerequisites"]
            return
        uses = self.fields["with_prerequisites"]
        uses.initial, uses.disabled = prerequisites, not prerequisites
        if not prerequisites:
            uses.help_text = "Only users who manage what contains it can grant that."

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        chosen = preset_on(fields["preset"], self.securable_type) if fields.get("preset") else []
        fields["privileges"] = list(dict.fromkeys([*fields.get("privileges", []), *chosen]))
        if not fields["privileges"]:
            self.add_error("privileges", "Choose a preset, or select what to grant.")
        return fields


class RevokeForm(forms.Form):
    """Which of the privileges that a principal holds on an object are taken away."""

    privileges = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Revoke")

    def __init__(self, *args: Any, held: Sequence[Privilege], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["privileges"].choices = [(p.value, p.words) for p in held]  # type: ignore[attr-defined]

    def clean_privileges(self) -> list[Privilege]:
        return [Privilege(value) for value in self.cleaned_data["privileges"]]


class RequestAccess(Privileges):
    comment = forms.CharField(
        label="What is it for?",
        required=False,
        max_length=limits.REQUEST_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
