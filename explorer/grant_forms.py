"""The forms that grant privileges, and ask for some."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from explorer.forms import Suggesting
from explorer.wording import tasks_on
from registry import limits
from registry.privileges import FOR_MODELS, GRANTABLE, HEADINGS, PRESETS, Privilege, SecurableType, preset_on

_PRESETS = {
    "Reader": "Find and load models",
    "Contributor": "Also register models, add versions and set tags",
    "Manager": "Do everything: also move aliases, grant access, rename and delete",
}
_CUSTOM = "Choose privileges below"
_LENGTHS = (("", "No end"), (1, "1 day"), (7, "7 days"), (30, "30 days"), (90, "90 days"))


def principal_field(**options: Any) -> forms.CharField:
    """Return a field for the principal that something is granted to, or that is otherwise meant by a name."""
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
        help_text="To use an object, you also need USE CATALOG and USE SCHEMA on its containers.",
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


class ByPreset(Privileges):
    """Privileges that presets stand for, and others to choose one by one."""

    preset = forms.ChoiceField(required=False, widget=forms.RadioSelect)

    def offer(self, presets: Mapping[str, tuple[str, Sequence[Privilege]]]) -> None:
        """Let one of ``presets`` be chosen: by value, what it is called and what it stands for."""
        labels = [(value, label) for value, (label, _) in presets.items()]
        preset = self.fields["preset"]
        preset.choices = [*labels, ("", f"Custom: {_CUSTOM}")]  # type: ignore[attr-defined]
        preset.initial = labels[0][0] if labels else ""
        self.granted = {value: [*granted] for value, (_, granted) in presets.items()}
        preset.widget.attrs["data-presets"] = json.dumps({**self.granted, "": []})  # js/presets.js ticks them
        self.fields["privileges"].required = False
        self.fields["privileges"].initial = self.granted.get(preset.initial, [])

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        chosen = self.granted.get(fields.get("preset", ""), [])
        fields["privileges"] = list(dict.fromkeys([*fields.get("privileges", []), *chosen]))
        if not fields["privileges"]:
            self.add_error("privileges", "Choose one of the options above, or select privileges.")
        return fields


def days_field(**options: Any) -> forms.TypedChoiceField:
    """Return a field for how long something is granted, in days; None for good."""
    return forms.TypedChoiceField(
        choices=_LENGTHS, required=False, coerce=int, empty_value=None, label="For how long", **options
    )


class GrantForm(ByPreset):
    principal = principal_field()
    days = days_field()
    with_prerequisites = forms.BooleanField(
        required=False, label="Also grant USE on its containers, which is needed to use it"
    )
    field_order = ("principal", "preset", "privileges", "days", "with_prerequisites")

    def __init__(self, *args: Any, prerequisites: bool | None, **kwargs: Any) -> None:
        """``prerequisites``: whether the user who grants may grant them too; None where there are none."""
        super().__init__(*args, **kwargs)
        presets = {name: preset_on(name, self.securable_type) for name in PRESETS}
        self.offer({name: (f"{name}: {_PRESETS[name]}", granted) for name, granted in presets.items() if granted})
        self.fields["preset"].label = "They can"
        if prerequisites is None:
            del self.fields["with_prerequisites"]
            return
        uses = self.fields["with_prerequisites"]
        uses.initial, uses.disabled = prerequisites, not prerequisites
        if not prerequisites:
            uses.help_text = "Only users who manage the containers can grant this."


class RevokeForm(forms.Form):
    """Which of the privileges that a principal holds on an object are taken away."""

    privileges = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Revoke")

    def __init__(self, *args: Any, held: Sequence[Privilege], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["privileges"].choices = [(p.value, p.words) for p in held]  # type: ignore[attr-defined]

    def clean_privileges(self) -> list[Privilege]:
        return [Privilege(value) for value in self.cleaned_data["privileges"]]


class RequestAccess(ByPreset):
    """What someone wants to do, and the least that has to be granted for it."""

    days = days_field()
    comment = forms.CharField(
        label="What is it for?",
        required=False,
        max_length=limits.REQUEST_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("preset", "privileges", "days", "comment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer({name: (label, [least]) for name, (label, least) in tasks_on(self.securable_type).items()})
        self.fields["preset"].label = "What do you want to do?"
        self.fields["privileges"].help_text = "USE on its containers is included."


class DecideAccess(forms.Form):
    days = days_field()

    def __init__(self, *args: Any, asked: int | None, **kwargs: Any) -> None:
        """``asked``: for how many days it was requested, which may not be one of those that are offered."""
        super().__init__(*args, **kwargs)
        choices = dict(_LENGTHS) | ({asked: f"{asked} days"} if asked and asked not in dict(_LENGTHS) else {})
        self.fields["days"].choices = list(choices.items())  # type: ignore[attr-defined]
        self.fields["days"].initial = asked
