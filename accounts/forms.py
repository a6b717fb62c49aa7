"""The forms by which people prove who they are, and those of the Django admin for users."""

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    SetPasswordForm,
    UserChangeForm,
)
from django.core.exceptions import ValidationError

from accounts.models import User


class SignInForm(AuthenticationForm):
    error_messages = {  # one text for every reason: it shows no one which accounts there are
        "invalid_login": "The e-mail or the password is wrong.",
        "inactive": "The e-mail or the password is wrong.",
    }
    username = forms.CharField(
        label="E-mail", max_length=255, widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )


class Code(forms.Form):
    """The second step of signing in."""

    code = forms.CharField(
        label="Code",
        max_length=32,
        help_text="The six digits that your app shows, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class Proof(forms.Form):
    """The password of the user who is signed in, once more."""

    password = forms.CharField(
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autofocus": True, "autocomplete": "current-password"}),
    )


class OwnPassword(PasswordChangeForm):
    end_tokens = forms.BooleanField(
        required=False,
        label="Also revoke my access tokens",
        help_text="Programs that use them are refused from the next request on.",
    )

    def clean_new_password1(self) -> str:
        new: str = self.cleaned_data["new_password1"]
        if new == self.cleaned_data.get("old_password"):
            raise ValidationError("This is the old password.")
        return new


class SomebodysPassword(SetPasswordForm):  # type: ignore[type-arg]  # which Django itself does not take
    end_tokens = forms.BooleanField(required=False, label="Also revoke their access tokens")


class AdminPassword(AdminPasswordChangeForm):  # type: ignore[type-arg]
    def save(self, commit: bool = True) -> User:
        self.user.must_change_password = True
        user: User = super().save(commit)
        return user


class UserCreationForm(BaseUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("user_name", "kind", "display_name")

    def save(self, commit: bool = True) -> User:
        self.instance.must_change_password = True
        return super().save(commit)


class UserEditForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields: Any = "__all__"
