import dataclasses
import json
import math
import re
import shutil
import subprocess

import pytest
from advice_world import make_sample
from bs4 import BeautifulSoup
from page_code import in_node, needs_node

from lib.advice import estimate
from lib.advice.draft import draft_tips
from lib.advice.open import study_page
from lib.features import photo_features, property_values, style_features, text_features
from lib.models import DEFAULT_VALUE
from lib.posts import ACTIVITY, LANGUAGES, clean_text
from lib.report.draft_words import PANEL
from lib.report.panel import assets, page_data, page_script, panel, past_posts
from lib.report.real_sentences import right_about
from lib.report.wording import PROPERTY_NAMES, WORDING
from lib.simulation import simulate
from lib.study import open_study

CHROMIUM = shutil.which("chromium")
CANARY = "</script><script>document.title = 'harmed'</script><img src=x onerror=\"document.title = 'harmed'\">"


@pytest.fixture(scope="module")
def scorer():
    return estimate(make_sample(600)).scorer


def test_the_panel_has_the_words_of_both_languages(scorer):
    markup, data = panel(scorer, "../").markup, page_data(scorer, dated=True)
    assert '"../scorer-data.js"' in markup and "{{" not in markup
    assert data["value"] == {a: DEFAULT_VALUE[a] for a in scorer.activities} and data["simulated"] is False
    for language, words in data["words"].items():
        assert words["note"].endswith(right_about(True, language)) and f'lang="{language}"' in markup
        assert [words["activities"][a] for a in scorer.activities] == [
            ACTIVITY[a].plural[language] for a in scorer.activities
        ]


def test_the_script_uses_all_words_and_no_others():
    script = (assets() / "draft-panel.js").read_text("utf-8")
    used = set(re.findall(r"say\(\"(\w+)\"", script)) | set(re.findall(r"\? \"(\w+)\" : \"\w+\"", script))
    used |= set(re.findall(r"\? \"\w+\" : \"(\w+)\"", script))
    assert {key for key in PANEL if key not in used} == {"noScript"}
    assert {key for key in re.findall(r"say\(\"(\w+)\"", script)} <= set(PANEL)


def test_hostile_words_stay_text(scorer):
    first, second, *rest = scorer.topics
    hostile = dataclasses.replace(second, name=CANARY, words=["<!--<script>", "{{script}}"])
    markup = panel(dataclasses.replace(scorer, topics=[first, hostile, *rest]), "").markup
    assert markup.count("</script>") == 1 and markup.count("<script") == 1 and "<img" not in markup


def test_a_feed_without_long_texts_has_a_panel():
    sample = make_sample(300)
    properties = sample.properties.assign(folded=sample.properties["folded"] * 0)
    assert "DraftPanel" in panel(estimate(dataclasses.replace(sample, properties=properties)).scorer, "").markup


@needs_node
def test_numbers_are_read_as_people_write_them():
    written = {"1 500": 1500, "1\u202f500": 1500, "0,5": 0.5, ".5": 0.5, "1.500,5": 1500.5, "1,500.5": 1500.5, "−2": -2}
    read = "given.texts.map((text) => DraftState.parsed(text, given.language))"
    for language in LANGUAGES:
        assert in_node(read, {"texts": list(written), "language": language}) == list(written.values())
        assert in_node(read, {"texts": ["", "1e5", "-", "1,2,3", "x"], "language": language}) == [None] * 5  # NaN
    assert in_node("['en', 'ru'].map((language) => DraftState.parsed('1,500', language))", None) == [1500, 1.5]


@needs_node
def test_the_page_gives_a_text_the_tips_that_the_library_gives(scorer):
    texts = [f"{word} {text}" for word in ("кот", "пес", "") for text in simulate(30, 2).posts["text"]]
    code = (
        "((data, reader) => given.texts.map((text) => DraftState.judged(data, reader, { ...DraftState.blank(), text }))"
        ".map((of) => [of.topic, of.values, of.rates, Object.keys(data.activities).map((goal) => "
        "DraftScorer.changes(data, goal, of.topic, of.values, of.rates, data.value).tips.map((t) => t.lever))]))"
        "(given.data, DraftText.reader(given.data.rules))"
    )
    found = in_node(code, {"data": page_data(scorer), "texts": texts})
    assert len({topic for topic, *_ in found}) == len(scorer.topics)
    for text, (topic, values, rates, tips) in zip(texts, found, strict=True):
        readable = {"text": text_features([text]), "style": style_features([text]), "photo": photo_features([None])}
        known = {p.name for p in scorer.properties}
        ours = {k: v for k, v in property_values(readable).iloc[0].dropna().items() if k in known}
        assert values == pytest.approx(ours) and topic == scorer.topic(clean_text(text))
        assert rates == pytest.approx({a: scorer.rate(a, topic, ours)[0] for a in scorer.activities}, rel=1e-9)
        for goal, names in zip(scorer.activities, tips, strict=True):
            assert names == [tip.lever for tip in draft_tips(scorer, goal, topic, ours, rates)]
    assert any(names for *_, tips in found for names in tips)


@needs_node
def test_corrections_do_not_contradict_one_another():
    values = {"you": 1, "we": 1, "this": 0, "question": 0}
    code = "['this', 'name', 'question'].map((name) => DraftState.possible(given, name))"
    assert in_node(code, {**values, "words": math.log2(1 + 3)}) == [True, True, True]
    assert in_node(code, {**values, "words": math.log2(1 + 2)}) == [False, False, True]
    assert in_node("DraftState.fewestWords(given)", values) == 2


@needs_node
def test_a_link_holds_the_state_and_only_the_state(scorer):
    data, lever = page_data(scorer), scorer.levers[0].name
    draft = {"text": "Ёж 😀", "fixed": {"question": 1}, "topic": 1, "tried": [{"lever": lever, "undo": False}]}
    state = {"goal": "comment", "views": 1500, "drafts": [draft], "two": True, "at": 1}
    code = "DraftState.fromLink(given.data, DraftState.toLink(given.state))"
    back = in_node(code, {"data": data, "state": state})
    start = re.search(r"startsWith\(\"(.+)\"\)", panel(scorer, "").markup)  # the page loads the panel for such a link
    assert in_node("DraftState.toLink(given)", state).startswith(start[1])
    assert back == {**state, "drafts": back["drafts"], "value": data["value"]}
    assert back["drafts"][0] == {**draft, "photo": None, "picture": ""}
    strange = {"text": 5, "fixed": {"x": 1, "question": "1"}, "topic": 99, "tried": [3], "photo": {"brightness": 1}}
    back = in_node(code, {"data": data, "state": {"goal": "x", "views": -1, "drafts": [strange]}})
    assert back["goal"] == "like" and back["views"] is None
    assert back["drafts"] == in_node("[DraftState.blank(), DraftState.blank()]", None)
    links = ["#sec-draft", "#draft=", "#draft=%%%", "#draft=e30="]
    back = in_node("given.links.map((link) => DraftState.fromLink(given.data, link))", {"data": data, "links": links})
    assert back[:3] == [None] * 3 and back[3]["goal"] == "like"


def shown(scorer, folder, doing):
    """The page with the panel after it was loaded from a disk and something was done: its markup."""
    (folder / "scorer-data.js").write_text(page_script(page_data(scorer)), encoding="utf-8")
    code = (
        "const field = () => document.querySelector('#draft-text');"
        "const type = (text) => { field().value = text; field().dispatchEvent(new Event('input')); };"
        "const press = (key) => document.querySelector(`[data-key=${key}]`).click();"
        "const done = () => setTimeout(() => { document.documentElement.dataset.done = 'yes'; }, 1000);"
        f"const wait = setInterval(() => {{ if (field()) {{ clearInterval(wait); {doing}; done(); }} }}, 20);"
    ).replace("</", "<\\/")
    (folder / "page.html").write_text(
        "<!doctype html><html lang=ru><meta charset=utf-8><title>safe</title>"
        f"<section>{panel(scorer, '').markup}</section><script>{code}</script>",
        encoding="utf-8",
    )
    asked = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=9000", "--dump-dom"]
    asked.append((folder / "page.html").as_uri())
    for _ in range(5):  # on a crowded machine the browser may print the page before anything was done
        page = subprocess.run(asked, capture_output=True, text=True, timeout=120).stdout
        if 'data-done="yes"' in page:
            return page
    raise AssertionError(f"the browser never came to the end: {page[-2000:]}")


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_advises_a_draft_and_shows_it_as_text(scorer, tmp_path):
    topics = [scorer.topics[0], *(dataclasses.replace(topic, name=CANARY) for topic in scorer.topics[1:])]
    hostile = dataclasses.replace(scorer, topics=topics)
    page = shown(hostile, tmp_path, f"type({json.dumps('Кот спит ' + CANARY)}); press('try-question');")
    assert "<title>safe</title>" in page
    said = BeautifulSoup(page, "html.parser").select_one(".draft-panel")
    assert said["lang"] == "ru" and CANARY in said.text and not said.select("img, script")
    assert said.select_one(".card h3").text == WORDING["question"].do.ru and "→" in said.select_one(".size").text
    assert said.select_one("[data-key=try-question]")["aria-pressed"] == "true"
    assert f"{PROPERTY_NAMES['words'].ru}: " in said.text


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_what_is_wrong_stands_beside_its_field(scorer, tmp_path):
    doing = (
        "type('Кот спит'); const put = (key, text) => { const input = document.querySelector(`[data-key=${key}]`);"
        "input.value = text; input.dispatchEvent(new Event('input')); };"
        "put('draft-views', 'x'); put('draft-value-like', ''); put('draft-value-comment', '2,5');"
        "put('draft-words', '99999')"
    )
    said = BeautifulSoup(shown(scorer, tmp_path, doing), "html.parser")
    faults = {span["id"]: span.text for span in said.select(".wrong[id]")}
    assert faults["draft-views-wrong"] == PANEL["noNumber"].ru and faults["draft-value-like-wrong"] == PANEL["empty"].ru
    assert faults["draft-value-comment-wrong"] == "" and faults["draft-words-wrong"].startswith("Можно от 1 до 5")


def test_the_texts_of_a_real_feed_are_shown_only_on_request(small, monkeypatch):
    past = past_posts(small)
    assert 0 < len(past) <= 500 and set(past[0]) == {"text", "views", "counts"}
    assert len({post["text"] for post in past}) == len(past)
    real = open_study(small.posts)
    assert past_posts(real) == []
    monkeypatch.setenv("SHOW_POSTS", "1")
    assert len(past_posts(real)) == len(past)


@needs_node
def test_a_past_post_is_most_like_itself(small):
    texts = [post["text"] for post in past_posts(small) if len(post["text"]) > 100][:20]
    vectors = "given.texts.map((text) => DraftForecast.vector(given.page, text))"
    given = {"page": dataclasses.asdict(study_page(small)), "texts": texts}
    found = in_node(f"((all) => all.map((one) => DraftForecast.nearest(all, one, 3)))({vectors})", given)
    assert [near[0] for near in found] == list(range(len(texts)))
    nothing = f"((all) => DraftForecast.nearest(all, DraftForecast.vector(given.page, 'zzz'), 3))({vectors})"
    assert in_node(nothing, given) == []
