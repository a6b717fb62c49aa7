"""Sign-out. (Signing in leaves events, which lie above: see explorer/views/sign_in.py.)"""

from django.contrib.auth.views import LogoutView
from django.urls import path

urlpatterns = [
    path("logout", LogoutView.as_view(), name="logout"),
]
