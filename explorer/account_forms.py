"""The forms of users, groups and service principals, and of what they sign in with."""

from __future__ import annotations

from django import forms

from accounts.models import Scope
from explorer.grant_forms import principal_field
from registry import limits


class Token(forms.Form):
    comment = forms.CharField(label="What is it for?", max_length=255)
    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.ADMIN)
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=limits.TOKEN_LIFETIME_DAYS)


class OAuthSecretForm(forms.Form):
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=limits.OAUTH_SECRET_LIFETIME_DAYS)


class User(forms.Form):
    user_name = forms.EmailField(label="E-mail", max_length=255)
    display_name = forms.CharField(label="Name", max_length=255, required=False)


class ServicePrincipal(forms.Form):
    display_name = forms.CharField(label="Name", max_length=255)


class EditPrincipal(forms.Form):
    display_name = forms.CharField(label="Name", max_length=255, required=False)
    is_active = forms.BooleanField(
        label="Active", required=False, help_text="Inactive users are signed out, and their tokens stop working."
    )
    is_metastore_admin = forms.BooleanField(label="Metastore administrator", required=False)


class Group(forms.Form):
    name = forms.CharField(max_length=150)


class MemberForm(forms.Form):
    principal = principal_field()


class Assigners(forms.Form):
    assigners = forms.CharField(
        label="Who can assign it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One user, service principal or group a line. «account users» is everybody.",
    )

    def clean_assigners(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["assigners"].splitlines() if line.strip()]
