"""``/api/2.1/unity-catalog/…``"""

from django.urls import path

from registry.api.unity_catalog import views

urlpatterns = [
    path("metastore_summary", views.MetastoreSummary.as_view(), name="uc-metastore-summary"),
    path("catalogs", views.Catalogs.as_view(), name="uc-catalogs"),
    path("catalogs/<str:name>", views.Catalog.as_view(), name="uc-catalog"),
    path("schemas", views.Schemas.as_view(), name="uc-schemas"),
    path("schemas/<str:full_name>", views.SchemaByName.as_view(), name="uc-schema"),
    path("permissions/<str:securable_type>/<str:full_name>", views.Permissions.as_view(), name="uc-permissions"),
    path(
        "effective-permissions/<str:securable_type>/<str:full_name>",
        views.EffectivePermissions.as_view(),
        name="uc-effective-permissions",
    ),
]
