"""The browser, and the Django project."""

from explorer.celery import app as celery_app

__all__ = ["celery_app"]
