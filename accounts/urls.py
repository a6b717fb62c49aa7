"""Sign-out. (Signing in leaves events, which lie above: see explorer/views/sign_in.py.)"""

from django.urls import path

from accounts.views import SignOut

urlpatterns = [
    path("logout", SignOut.as_view(), name="logout"),
]
