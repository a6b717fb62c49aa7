"""Signing in and out."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse

from accounts.forms import SignInForm


class SignOut(auth_views.LogoutView):
    """Sign out, and have the browser forget what it keeps of this site: pages, and what was looked at last."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response


class SignIn(auth_views.LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where ``next`` leads, unless that is this page again."""
        target = super().get_redirect_url()
        return "" if target.partition("?")[0] == self.request.path else target
