"""The ASGI entry point, which the web server serves."""

from explorer.wsgi import application as django_application  # isort: skip  # sets Django up

from explorer.serving.gateway import Gateway

application = Gateway(django_application)
