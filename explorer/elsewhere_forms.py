"""Forms of what is elsewhere, and of the lineage that leads there."""

from __future__ import annotations

from django import forms

from registry import limits
from registry.services.hierarchy.external_metadata import SYSTEMS
from registry.services.hierarchy.tables import FORMATS
from registry.services.shared.graph import Direction, Kind


class RegisterTable(forms.Form):
    name = forms.CharField(
        max_length=limits.NAME_LENGTH, help_text="No spaces, periods or slashes; kept in lower case."
    )
    storage_location = forms.CharField(
        label="Location", max_length=limits.LOCATION_LENGTH, help_text="An address (s3://…) or an absolute path."
    )
    data_source_format = forms.ChoiceField(label="Format", choices=[(each, each) for each in FORMATS])
    comment = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 4}))


class NameExternal(forms.Form):
    name = forms.CharField(max_length=limits.NAME_LENGTH, help_text="It cannot be changed later.")
    system_type = forms.ChoiceField(
        label="System", choices=[(each, each.replace("_", " ").capitalize()) for each in SYSTEMS], initial="OTHER"
    )
    entity_type = forms.CharField(
        label="What it is there", max_length=limits.NAME_LENGTH, help_text="Dashboard, topic, table …"
    )
    url = forms.CharField(label="Address", max_length=limits.LOCATION_LENGTH, required=False)
    comment = forms.CharField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 4}))


DRAWN = (
    Kind.EXTERNAL,
    Kind.TABLE,
    Kind.FILE,
    Kind.MODEL_VERSION,
    Kind.ENDPOINT,
    Kind.FUNCTION,
    Kind.DATASET,
    Kind.JOB,
    Kind.NOTEBOOK,
    Kind.COMMIT,
)
"""The kinds that people draw a version's lineage from and to."""


class DrawRelationship(forms.Form):
    direction = forms.ChoiceField(
        label="Where",
        choices=[
            (Direction.UPSTREAM.value, "The version was made from it"),
            (Direction.DOWNSTREAM.value, "It uses the version"),
        ],
    )
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in DRAWN])
    name = forms.CharField(
        max_length=limits.LINEAGE_NAME_LENGTH,
        help_text="The name of external metadata or a table, an address, or a version as catalog.schema.model/1.",
    )
    note = forms.CharField(required=False, max_length=limits.NOTE_LENGTH)
