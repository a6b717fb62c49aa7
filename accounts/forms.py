"""The sign-in form, and the forms of the Django admin for users."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, UserChangeForm

from accounts.models import User


class SignInForm(AuthenticationForm):
    error_messages = {  # one text for every reason: it tells nobody which accounts there are
        "invalid_login": "The e-mail or the password is wrong.",
        "inactive": "The e-mail or the password is wrong.",
    }
    username = forms.CharField(
        label="E-mail", max_length=255, widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )


class UserCreationForm(BaseUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("user_name", "kind", "display_name")


class UserEditForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields: Any = "__all__"
