"""The WSGI application: MLflow's own handlers for the calls that we serve, and which experiment an id belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import mlflow
from flask import Flask, jsonify, request
from mlflow.server import handlers

from registry.tracking.names import DATABASE, SCOPE
from registry.tracking.routes import OWN_ROUTES, ROUTES
from registry.tracking.server import refusals
from registry.tracking.server.belonging import experiments_of
from registry.tracking.server.collecting import collect, deleted_since
from registry.tracking.server.database import Statistics, open_store
from registry.tracking.server.scope import narrowed_to
from registry.tracking.server.spans import take_spans

Handler = Callable[..., Any]


def make_application(database: str) -> Flask:
    """Return the application for the database at that address."""
    store = open_store(database)
    handlers._tracking_store = store  # type: ignore[assignment]  # what every handler asks
    application = Flask(__name__, static_folder=None)
    offered = {
        (method, path.lstrip("/")): handler for path, handler, ways in handlers.get_endpoints() for method in ways
    }
    for method, path in (*((route.method, route.path) for route in ROUTES), *OWN_ROUTES):
        handler = _narrowed(offered[method, path])
        application.add_url_rule(f"/{path}", f"{method} {path}", handler, methods=[method])
    application.add_url_rule("/v1/traces", "spans", _narrowed(lambda: take_spans(store)), methods=["POST"])
    application.add_url_rule(
        "/belonging", "belonging", lambda: jsonify(experiments_of(store, request.json)), methods=["POST"]
    )
    application.add_url_rule("/collect", "collect", lambda: jsonify(collect(store, **request.json)), methods=["POST"])
    application.add_url_rule(
        "/deleted", "deleted", lambda: jsonify(runs=deleted_since(store, **request.json)), methods=["POST"]
    )
    application.add_url_rule("/health", "health", lambda: "OK")
    application.add_url_rule("/version", "version", lambda: mlflow.__version__)
    application.before_request(Statistics(store.engine).refresh)
    application.register_error_handler(Exception, refusals.answer)
    return application


def _narrowed(handler: Handler) -> Handler:
    """Let ``handler`` touch the experiments that the request's header names, and none without it."""

    bare = getattr(handler, "__wrapped__", handler)  # without MLflow's own error handling

    @wraps(handler)
    def narrowed(**arguments: Any) -> Any:
        with narrowed_to(request.headers.get(SCOPE, "")):
            return bare(**arguments)

    return narrowed


def __getattr__(name: str) -> Flask:
    """Make ``application`` when the server asks for it: importing this module opens no database."""
    if name == "application":
        return make_application(os.environ[DATABASE])
    raise AttributeError(name)
