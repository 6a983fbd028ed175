import numpy as np
import pytest
from barriers import CHROMIUM
from playwright.sync_api import expect, sync_playwright

from lib.posts import clean_text
from lib.report.explore import FILE, explore_data, explorer, page_script, shown_texts
from lib.study import diagnostics, scores
from lib.study.groups import by_topic

CANARY = "</script><script>document.title = 'harmed'</script>&lt;<img src=x onerror=\"document.title = 'harmed'\">"


@pytest.fixture(scope="module")
def data(small):
    return explore_data(small)


def test_the_numbers_are_those_of_the_study(small, data):
    test, best = small.split.test, scores.best(small)
    mean = small.forecast(best).mean[test]
    assert list(data["activities"]) == small.activities and data["views"] == small.views[test].tolist()
    assert [data["topics"][k] for k in data["topic"]] == by_topic(small).iloc[test].tolist()
    for activity, columns in data["activities"].items():
        assert columns["predicted"] == pytest.approx(1e4 * mean[:, small.column(activity)], rel=1e-3)
        assert columns["actual"] == pytest.approx(1e4 * small.rates[activity].to_numpy()[test], rel=1e-3)
    total = np.sum([columns["score"] for columns in data["activities"].values()], axis=0)
    ends = diagnostics.surprises(small, best, each=1)
    assert [data["post"][at] - 1 for at in (total.argmax(), total.argmin())] == ends["post"].tolist()
    assert [total.max(), total.min()] == pytest.approx(ends["gain"].tolist(), abs=0.01)
    assert len(data["texts"]) == len(test) and "Every post" in shown_texts(small)
    assert all(clean_text(small.posts["text"].iloc[test[at]]).startswith(text) for at, text in data["texts"].items())
    assert np.shape(data["map"]) == (2, len(test)) and (np.min(data["map"]), np.max(data["map"])) == (0, 1)


def test_of_many_posts_the_best_and_worst_predicted_are_shown(small, data, monkeypatch):
    monkeypatch.setattr("lib.report.explore.SHOWN", 12)
    few = explore_data(small)
    total = np.sum([columns["score"] for columns in few["activities"].values()], axis=0)
    assert len(few["texts"]) == 12 and {total.argmax(), total.argmin()} <= set(few["texts"])
    assert few["activities"] == data["activities"] and "12 are shown" in shown_texts(small)


def test_a_real_feed_has_no_texts_and_no_photos_unless_asked(scrambled, monkeypatch):
    data = explore_data(scrambled)
    assert data["texts"] == data["photos"] == {} and len(data["post"]) == len(scrambled.split.test)
    assert "SHOW_POSTS=1" in shown_texts(scrambled)
    monkeypatch.setenv("SHOW_POSTS", "1")
    assert len(explore_data(scrambled)["texts"]) == len(scrambled.split.test)


def test_a_feed_of_counts_alone_has_no_map(plain):
    assert explore_data(plain)["map"] == []


@pytest.fixture
def page(data, tmp_path):
    """The page with hostile texts, opened from a disk."""
    hostile = data | {"texts": {at: f"{text} {CANARY}" for at, text in data["texts"].items()}}
    hostile["topics"] = [CANARY, *data["topics"][1:]]
    (tmp_path / FILE).write_text(page_script(hostile), encoding="utf-8")
    markup = f"<!doctype html><html lang=en><meta charset=utf-8><title>safe</title><main>{explorer().markup}</main>"
    (tmp_path / "page.html").write_text(markup, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_selector(".explore .post")
        yield page
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_sorts_filters_and_links_the_posts_and_shows_texts_as_text(page, data):
    buttons, info = page.locator("tbody .post button"), page.locator(".dt-info[aria-live=polite]")
    like, comment, posts = data["activities"]["like"], data["activities"]["comment"], data["post"]

    def starts_with(found):
        expect(buttons.first).to_have_text(f"Post {posts[int(found)]}")

    expect(info).to_have_text(f"{len(posts)} posts, here 1 to 10")
    starts_with(np.argmax(like["score"]))
    header = page.locator(".dt-container thead th", has_text="Predicted")
    header.locator("[role=button]").press("Enter")
    starts_with(np.argmax(like["predicted"]))
    expect(header).to_have_attribute("aria-sort", "descending")
    page.select_option("[data-key=activity]", "comment")
    starts_with(np.argmax(comment["predicted"]))
    page.select_option("[data-key=extreme]", "-20")
    starts_with(np.argmin(comment["score"]))
    expect(info).to_contain_text("20 posts, here 1 to 10")
    page.select_option("[data-key=extreme]", "")
    page.select_option("[data-key=topic]", "1")
    expect(info).to_contain_text(f"{data['topic'].count(1)} posts")
    page.select_option("[data-key=topic]", "")
    longest = max(data["texts"], key=lambda at: len(data["texts"][at]))
    page.fill("[data-key=search]", f"HARMED {data['texts'][longest].upper()}")
    starts_with(longest)
    page.fill("[data-key=search]", "")

    third, status = buttons.nth(2).inner_text(), page.locator(".card [role=status]")
    chosen = page.locator("tbody .post button[aria-pressed=true]")
    buttons.nth(2).press("Enter")
    expect(chosen).to_have_text([third])
    expect(status).to_contain_text(f"{third}, comment")
    pressed = [page.locator("canvas").press(f"Arrow{way}") or status.inner_text() for way in ("Up", "Left", "Down")]
    assert any(not words.startswith(f"{third},") for words in pressed)
    expect(chosen).to_have_text([status.inner_text().partition(",")[0]])
    last = int(np.argmin(comment["score"]))  # on the last page of the table
    x, y = (data["map"][axis][last] for axis in (0, 1))
    side = page.locator("canvas").evaluate("(of) => of.clientWidth")
    page.locator("canvas").click(position={"x": side * (0.03 + 0.94 * x), "y": side * (0.97 - 0.94 * y)})
    expect(status).to_contain_text(f"Post {posts[last]}, comment")
    expect(chosen).to_have_text([f"Post {posts[last]}"])

    expect(page.locator("tbody .text").first).to_contain_text(CANARY)
    expect(page.locator("[data-key=topic] option").nth(1)).to_have_text(CANARY)
    assert page.title() == "safe" and page.locator("img[src=x]").count() == 0
