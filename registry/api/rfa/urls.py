"""``/api/3.0/rfa/…``: request for access."""

from django.urls import path

from registry.api.rfa import views

urlpatterns = [
    path("rfa/requests", views.Requests.as_view(), name="rfa-requests"),
    path(
        "rfa/destinations/<str:securable_type>/<str:full_name>",
        views.Destinations.as_view(),
        name="rfa-destinations",
    ),
]
