"""Signing in and out."""

from django.contrib.auth import views as auth_views
from django.http import HttpRequest

from accounts.forms import SignInForm


class SignIn(auth_views.LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where ``next`` leads, unless that is this page again."""
        target = super().get_redirect_url()
        return "" if target.partition("?")[0] == self.request.path else target
