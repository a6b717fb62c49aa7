"""The forms of the browser. What is valid is decided by the services; forms gather and label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from explorer.wording import by_interest, words_for
from registry import limits, sql
from registry.kinds import kind_of_type
from registry.models import AuditEvent
from registry.privileges import SecurableType


class _MomentInput(forms.DateTimeInput):
    """A day and a time, as browsers let people choose them."""

    input_type = "datetime-local"


class Moment(forms.DateTimeField):
    """A moment that every time zone has: at the edge of the calendar some have none."""

    widget = _MomentInput

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as error:
            raise ValidationError("This time isn't valid.") from error


class Confirm(forms.Form):
    """Nothing to fill in: sending it is the answer."""


class RestoreAs(forms.Form):
    new_name = forms.CharField(
        label="Name",
        max_length=limits.NAME_LENGTH,
        required=False,
        help_text="Change it if it is taken by now.",
    )


class RegisterFrom(forms.Form):
    """Where the files of a new version lie; ``allowed`` are the addresses that this server reads below."""

    address = forms.CharField(max_length=limits.SOURCE_LENGTH)
    comment = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, allowed: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].help_text = (
            "A folder with an MLmodel file, or a repository such as https://huggingface.co/google/vit-base, below "
            f"{', '.join(allowed)}."
        )


class DeleteContainer(forms.Form):
    """Users who delete more than the empty container type its name."""

    force = forms.CharField(
        label="To delete everything in it too, type its full name",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, full_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.full_name = full_name

    def clean_force(self) -> bool:
        typed = self.cleaned_data["force"]
        if typed not in ("", self.full_name):
            raise ValidationError(f"Its full name is {self.full_name}.")
        return bool(typed)


class Named(forms.Form):
    name = forms.CharField(
        max_length=limits.NAME_LENGTH, help_text="No spaces, periods or slashes; kept in lower case."
    )
    comment = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 4}))


class Rename(forms.Form):
    name = forms.CharField(max_length=limits.NAME_LENGTH, help_text="The new name, in the same place.")


class Comment(forms.Form):
    comment = forms.CharField(
        label="Description",
        required=False,
        max_length=limits.COMMENT_LENGTH,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Markdown.",
    )


class DiscussionCommentForm(forms.Form):
    text = forms.CharField(
        label="Comment",
        max_length=limits.DISCUSSION_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Markdown. @ada@example.com mentions a person, @`data team` a group.",
    )

    def __init__(self, *args: Any, mentions: str, **kwargs: Any) -> None:
        """``mentions``: the address that offers names to mention (js/mentions.js)."""
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["data-mentions"] = mentions


class SavedSearch(forms.Form):
    name = forms.CharField(max_length=limits.SAVED_SEARCH_NAME, help_text="One that has the name is replaced.")


class TagForm(forms.Form):
    key = forms.CharField(max_length=limits.TAG_KEY_LENGTH)
    value = forms.CharField(max_length=limits.TAG_VALUE_LENGTH, required=False)


class Certification(forms.Form):
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("", "None"),
            ("certified", "Certified: safe to rely on"),
            ("deprecated", "Deprecated: not for new work"),
        ],
    )


class DeprecateSeveral(forms.Form):
    """What people who use deprecated models are to know."""

    ends_on = forms.DateField(
        label="Supported until", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        required=False, max_length=limits.DEPRECATION_NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )


class ModelCertification(Certification, DeprecateSeveral):
    """What people who use one deprecated model are to know."""

    replacement = forms.CharField(
        label="Replaced by", required=False, max_length=800, help_text="For a deprecated model: catalog.schema.model"
    )
    field_order = ("status", "replacement", "ends_on", "note")


class ConfirmByName(forms.Form):
    """Users who delete something with much in it type its name."""

    name = forms.CharField(
        label="Type its full name to confirm",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, full_name: str, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.full_name = full_name
        if label:
            self.fields["name"].label = f"{label} to confirm: {full_name}"

    def clean_name(self) -> str:
        if self.cleaned_data["name"].strip() != self.full_name:
            raise ValidationError(f"Its full name is {self.full_name}.")
        return self.full_name


class AliasForm(forms.Form):
    alias = forms.CharField(
        max_length=limits.ALIAS_LENGTH,
        help_text="For example Champion.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, versions: Sequence[int], most: int, **kwargs: Any) -> None:
        """``versions`` are those to choose from; from ``most`` on there may be others."""
        super().__init__(*args, **kwargs)
        if len(versions) >= most:
            self.fields["version"].help_text = "An older version than these is given an alias on its own page."
        self.fields["version"].choices = [(number, f"Version {number}") for number in versions]  # type: ignore[attr-defined]


class MovedAlias(AliasForm):
    """An alias keeps its name when it moves; ``expected`` is where it pointed when the user who moves it saw it."""

    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alias"].widget = forms.HiddenInput()
        self.fields["version"].label = f"From version {now} to"


class Suggesting(forms.TextInput):
    """A box that offers what the address answers while someone types, in a list of the browser's own."""

    def __init__(self, address: str, listed_in: str) -> None:
        super().__init__(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "list": listed_in,
                "hx-get": reverse_lazy(address),
                "hx-target": "next datalist",
                "hx-trigger": "focus once, input changed delay:200ms",
            }
        )


class Reply(forms.Form):
    reply = forms.CharField(
        label="Why?",
        required=False,
        max_length=limits.REQUEST_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The requester reads it.",
    )


class Explain(forms.Form):
    principal = forms.CharField(
        label="Person or group",
        max_length=255,
        required=False,
        widget=Suggesting("principal-suggestions", "explain-principals"),
    )
    operation = forms.ChoiceField(label="Can they …")

    def __init__(self, *args: Any, securable_type: SecurableType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operations = by_interest(kind_of_type(securable_type).operations)
        self.fields["operation"].choices = [(o.name, words_for(o)) for o in operations]  # type: ignore[attr-defined]


class MetastoreSettings(forms.Form):
    environments = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="Catalogs in the order in which models are promoted, such as dev, staging, prod. "
        "“Copy to…” offers the next one.",
    )
    makes_default_schemas = forms.BooleanField(required=False, label="Create a schema “default” in each new catalog")


class AuditFilter(forms.Form):
    object = forms.CharField(
        label="On or in",
        required=False,
        max_length=800,
        widget=forms.TextInput(attrs={"placeholder": "catalog.schema.model"}),
    )
    principal = forms.CharField(required=False, max_length=255)
    action = forms.CharField(required=False, max_length=100)
    result = forms.ChoiceField(required=False, choices=[("", "Any"), *AuditEvent.Result.choices])
    since = Moment(label="From (UTC)", required=False)
    until = Moment(label="To (UTC)", required=False)


class AsOf(forms.Form):
    at = Moment(label="Aliases as of (UTC)")


class Statement(forms.Form):
    statement = forms.CharField(
        max_length=sql.LONGEST,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "spellcheck": "false",
                "class": "code-input",
                "data-send": "ctrl-enter",
                "data-names": reverse_lazy("sql-names"),
            }
        ),
        help_text=f"This server executes {sql.KNOWN}.",
    )
