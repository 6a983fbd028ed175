"""A site as a browser shows it: what keeps people from reading it, by axe, and where links lead."""

import shutil
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = (1300, 390)


def visited(site: Path, locale: str, page: str, *links: str) -> str:
    """The page of a site that a reader reaches who opens a page and follows links by their text."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(locale=locale)
        tab.goto((site / page).as_uri())
        for link in links:
            tab.get_by_role("link", name=link, exact=True).first.click()
            tab.wait_for_load_state()
        reached = Path(tab.url.removeprefix("file://")).relative_to(site).as_posix()
        browser.close()
    return reached


def barriers(site: Path) -> list[str]:
    """The violations on every page of a site, in both themes and at both widths."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for theme in ("light", "dark"):
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
                for path in sorted(set(site.rglob("*.html")) - set(site.glob("api/**/*.html"))):  # those are pdoc's
                    page.goto(path.as_uri())
                    for of in Axe().run(page).response["violations"]:
                        where = f"{path.relative_to(site)}, {theme}, {width}"
                        found += [f"{where}: {of['id']}: {node['html'][:200]}" for node in of["nodes"]]
                page.close()
        browser.close()
    return found
