"""``/api/2.0/sql/statements``."""

from django.urls import path

from registry.api.sql import views

ONE = "sql/statements/<uuid:statement_id>"

urlpatterns = [
    path("sql/statements", views.Statements.as_view(), name="sql-statements"),
    path(ONE, views.Statement.as_view(), name="sql-statement"),
    path(f"{ONE}/cancel", views.CancelStatement.as_view(), name="sql-cancel-statement"),
    path(f"{ONE}/result/chunks/<int:chunk_index>", views.ResultChunk.as_view(), name="sql-result-chunk"),
]
