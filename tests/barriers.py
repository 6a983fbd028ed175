"""What keeps people from reading a site's pages: the violations that axe finds in a browser."""

import shutil
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = (1300, 390)


def barriers(site: Path) -> list[str]:
    """The violations on every page of a site, in both themes and at both widths."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for theme in ("light", "dark"):
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
                for path in sorted(site.rglob("*.html")):
                    page.goto(path.as_uri())
                    for of in Axe().run(page).response["violations"]:
                        where = f"{path.relative_to(site)}, {theme}, {width}"
                        found += [f"{where}: {of['id']}: {node['html'][:200]}" for node in of["nodes"]]
                page.close()
        browser.close()
    return found
