"""Signing in and out."""

from django.contrib.auth import views as auth_views

from accounts.forms import SignInForm


class SignIn(auth_views.LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class SignOut(auth_views.LogoutView):
    pass
