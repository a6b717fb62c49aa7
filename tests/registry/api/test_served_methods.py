"""Each method of databricks-sdk's catalog, sharing, tags and ml, and of unitycatalog-client: served, or refused.

The README's table says which; it is written from where the methods ask (``WRITE_README=1 pytest`` this file). What is
refused is refused as the vendor refuses a path that it does not have: 404, ENDPOINT_NOT_FOUND.
"""

import inspect
import re

import pytest
import unitycatalog.client as open_source
from databricks.sdk.service import catalog, ml, sharing, tags
from django.urls import resolve

from tests.readme import require_table

_SDK = re.compile(r'_api\.do\(\s*"(\w+)",\s*f?"([^"]+)"')
_OPEN_SOURCE = re.compile(r"method='(\w+)',\s*resource_path='([^']+)'")
_PARAMETER = re.compile(r"\{[^}]*\}")


def methods_of(api, pattern, prefix=""):
    """``{method: (HTTP method, path)}`` of a client's class, read where it asks."""
    found = {}
    for name, function in inspect.getmembers(api, inspect.isfunction):
        asked = pattern.search(inspect.getsource(function))
        if asked and not name.startswith("__"):
            found[name] = asked[1], prefix + _PARAMETER.sub("x", asked[2])
    return found


def clients():
    for module in (catalog, sharing, tags, ml):
        for name, api in inspect.getmembers(module, inspect.isclass):
            if name.endswith("API"):
                yield "databricks-sdk", name.removesuffix("API"), methods_of(api, _SDK)
    for name, api in inspect.getmembers(open_source, inspect.isclass):
        if name.endswith("Api"):
            asked = methods_of(api, _OPEN_SOURCE, "/api/2.1/unity-catalog")
            plain = {method.strip("_").removesuffix("_serialize"): where for method, where in asked.items()}
            yield "unitycatalog-client", name.removesuffix("Api"), plain


def is_served(method, path):
    match = resolve(path)
    view = getattr(match.func, "view_class", None) or getattr(match.func, "cls", None)
    taken = getattr(match.func, "initkwargs", {}).get("http_method_names", view.http_method_names if view else ())
    return match.url_name != "endpoint-not-found" and method.lower() in taken and hasattr(view, method.lower())


CLIENTS = list(clients())


def test_the_readme_tells_which_methods_are_served():
    lines, none_served = ["| client | part | served | refused |", "|---|---|---|---|"], []
    for client, part, methods in CLIENTS:
        served = [name for name, where in methods.items() if is_served(*where)]
        refused = [name for name in methods if name not in served]
        if served:
            lines.append(f"| {client} | {part} | {', '.join(served)} | {', '.join(refused) or '–'} |")
        else:
            none_served.append(f"{part} ({client})")
    lines += ["", f"Nothing is served of: {', '.join(none_served)}."]
    require_table("the methods of the clients", "\n".join(lines))


def test_many_methods_were_found():
    """That a table is short because nothing was read would not be seen."""
    assert sum(len(methods) for _, _, methods in CLIENTS) > 300
    assert is_served("GET", "/api/2.1/unity-catalog/catalogs")
    assert not is_served("GET", "/api/2.1/unity-catalog/storage-credentials")


@pytest.mark.parametrize("kind", ["connections", "external-locations", "shares", "storage-credentials"])
def test_what_is_not_served_is_refused_as_a_path_that_is_not_there(api, cast, kind):
    assert api(cast.admin).error("GET", f"/api/2.1/unity-catalog/{kind}") == (404, "ENDPOINT_NOT_FOUND")
