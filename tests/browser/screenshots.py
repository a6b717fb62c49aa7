"""Pictures of the main pages, for the README and for eyes: ``python -m tests.browser.screenshots FOLDER``."""

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import chromium, sign_in
from tests.browser.runs import fill, pages_of
from tests.live import Product

PAGES = {
    "catalogs": "/explore/data",
    "catalog": "/explore/data/prod",
    "schema": "/explore/data/prod/ml_team",
    "model": "/explore/data/models/prod/ml_team/iris_model",
    "permissions": "/explore/data/models/dev/ml_team/iris_model?activeTab=permissions",
    "version": "/explore/data/models/prod/ml_team/iris_model/version/2",
    "artifacts": "/explore/data/models/prod/ml_team/iris_model/version/2?activeTab=artifacts",
    "version-permissions": "/explore/data/models/prod/ml_team/iris_model/version/2?activeTab=permissions",
    "discussion": "/explore/data/models/prod/ml_team/iris_model?activeTab=discussion",
    "model-lineage": "/explore/data/models/dev/ml_team/iris_model?activeTab=lineage",
    "draft": "/explore/objects/function/prod.ml_team.iris_model/draft",
    "columns": "/explore/data/models/prod/ml_team/iris_model?metric=accuracy&param=features&sort=-size",
    "compare": "/explore/compare?version=prod.ml_team.iris_model/1&version=prod.ml_team.iris_model/2",
    "compare-what": "/explore/compare",
    "use": "/explore/data/models/prod/ml_team/iris_model/use",
    "owner": "/explore/objects/catalog/dev/owner",
    "jobs": "/explore/jobs",
    "lineage": "/explore/data/models/dev/ml_team/iris_model/version/2?activeTab=lineage",
    "copy": "/explore/data/models/dev/ml_team/iris_model/version/2/copy",
    "alias": "/explore/data/models/dev/ml_team/iris_model/aliases/set",
    "explained": "/explore/data/models/dev/ml_team/iris_model?activeTab=permissions&operation=READ_ARTIFACTS#explain",
    "activity": "/explore/data/models/dev/ml_team/iris_model?activeTab=activity",
    "as-of": "/explore/data/models/prod/ml_team/iris_model?at=2026-01-01T00:00",
    "grant": "/explore/grants/schema/dev.ml_team/grant",
    "revoke": "/explore/grants/catalog/dev/revoke?principal=account+users&privilege=BROWSE",
    "request": "/explore/grants/function/dev.ml_team.iris_model/request",
    "inbox": "/inbox",
    "audit": "/audit",
    "sql": "/sql",
    "users": "/settings/users",
    "groups": "/settings/groups",
    "all-tokens": "/settings/all-tokens",
    "search": "/explore/search?q=name+LIKE+%27%25iris%25%27",
    "search-narrowed": "/explore/search?q=m&catalog=prod&flavor=python_function",
    "search-ranked": "/explore/search?q=iris+nonsense",
    "search-versions": "/explore/search?q=champion+iris&activeTab=versions",
    "search-people": "/explore/search?q=example&activeTab=people",
    "search-refused": "/explore/search?q=name+%3D+iris",
    "stale": "/explore/data/prod/ml_team?unused=30",
    "sees": "/settings/users/1/sees",
    "profile": "/settings/profile",
    "password": "/settings/password",
    "second-factor": "/settings/second-factor",
    "proof": "/login/proof?next=/settings/users",
    "tokens": "/settings/tokens",
    "trash": "/explore/trash",
    "imports": "/settings/imports",
    "all-jobs": "/settings/jobs",
    "storage": "/settings/storage",
    "governed-tags": "/settings/governed-tags",
    "api": "/api/docs",
    "not-there": "/explore/data/nothing",
    "admin": "/admin/",
}
DIALOGS = {
    "palette": (PAGES["model"], lambda page: page.keyboard.press("Control+k")),
    "keys": (PAGES["model"], lambda page: page.keyboard.press("?")),
    "describe": (PAGES["model"], lambda page: page.get_by_role("link", name="Edit", exact=True).first.click()),
    "menu": (PAGES["model"], lambda page: page.locator(".page-head details.menu > summary").last.click()),
    "watch": (PAGES["model"], lambda page: page.locator("summary", has_text="Watch").click()),
    "found": (PAGES["catalogs"], lambda page: find_in_tree(page, "iris")),
}
"""What opens on a page, and how."""


def find_in_tree(page, text):
    """Type into the tree's filter; on a narrow page the tree comes when it is asked for."""
    if (button := page.get_by_role("button", name="Catalogs")).is_visible():
        button.click()
    page.locator("#tree-filter").fill(text)


WIDTHS = {"wide": (1440, 900), "narrow": (360, 740)}


def started(folder):
    """The product with its demo, which keeps runs."""
    return Product(Path(folder) / "data", TRACKING="1")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, started(data) as product, chromium() as browser:
        pages = PAGES | pages_of(fill(product))
        for theme in ("light", "dark"):
            for name, (width, height) in WIDTHS.items():
                viewport = {"width": width, "height": height}
                context = browser.new_context(viewport=viewport, color_scheme=theme, base_url=product.url)
                page = context.new_page()
                page.goto("/login")
                page.screenshot(path=folder / f"login-{name}-{theme}.png")
                sign_in(page, product.url, product.first_run("Password"))
                for title, path in pages.items():
                    page.goto(path, wait_until="networkidle")
                    page.screenshot(path=folder / f"{title}-{name}-{theme}.png", full_page=name == "narrow")
                for title, (path, opens) in DIALOGS.items():
                    page.goto(path, wait_until="networkidle")
                    opens(page)
                    page.wait_for_timeout(500)
                    page.screenshot(path=folder / f"{title}-{name}-{theme}.png")
                context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
