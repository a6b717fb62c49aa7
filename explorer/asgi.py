"""The ASGI entry point, which the web server serves."""

from explorer.wsgi import application as django_application  # isort: skip  # sets Django up

from explorer.serving.gateway import Gateway
from explorer.serving.one_installation import OneInstallation

application = Gateway(OneInstallation(django_application))
