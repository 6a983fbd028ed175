import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from page_code import in_node, needs_node
from topic_texts import talk

from lib.embedding import text_encoder
from lib.features import TopicRule
from lib.features.topic_rule import FOREIGN, RUN, fit_rule, for_drafts, stem, stems, words
from lib.posts import clean_text
from lib.simulation import simulate

ENGLISH = """
skis skies idly gently ugly early only singly news atlas dying lying tying inning outing outings succeed proceeding
exceeded herring evening canning agreed feed freed need hopping hoping fizzed falling egg adding odd controlled
communism community generate generously arsenal organization organizations university universally internal laterally
happily happy by say enjoy yes yellow cries cried ties tied gas this kiwis dresses caresses buses relational
conditional hesitancy radically conformably differently vileness analogously operator feudalism decisiveness hopefulness
callousness formality sensitivity sensibility geologist theology wonderfully hopelessly triplicate formative
formalize electricity electrical goodness revival allowance inference airliner adjustable defensible irritant
replacement adjustment dependent adoption communion activate effective bowdlerize probate rate cease controll roll
pasted paste pasting past is as us a am emergent emergency
""".split()


@pytest.fixture(scope="module")
def feed():
    """Cleaned texts of a simulated feed, and their true topics as numbers."""
    made = simulate(300, 5)
    return [clean_text(text) for text in made.posts["text"]], np.unique(made.truth.topic, return_inverse=True)[1]


@pytest.fixture(scope="module")
def rule(feed):
    texts, topic = feed
    return fit_rule([stems(text) for text in texts], topic)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Котики и ЁЛКИ, см. https://кот.рф/x @cats", ["котик", "елк", "см"]),
        ("Running 3 runs;МегаFon", ["run", "run", "мег", "fon"]),
        ("12 😀 я", []),
    ],
)
def test_a_text_is_its_stems(text, found):
    assert stems(text) == found


def test_a_text_is_recognised_by_a_lead_over_the_second_topic():
    rule = TopicRule({"кот": [100, 0, 0], "пес": [0, 100, 0], "ест": [0, 0, 0]}, [0, 0, 10], 90)
    assert rule.topic("кот") == 0 and rule.lead(["кот", "кот"]) == (0, 90.0)
    assert rule.lead(["кот", "слон"])[1] == 90.0 / 4, "half of the stems are of no topic"
    assert rule.topic("кот ест") is None and replace(rule, margin=60).topic("кот ест") == 0
    assert rule.topic("кот пёс") is None and rule.topic("") is None and rule.topic("слон") is None


@pytest.mark.parametrize("texts", [[], [""] * 9, ["кот"] * 2, ["кот спит дома"] * 20])
def test_without_two_topics_nothing_is_recognised(texts):
    rule = fit_rule([stems(text) for text in texts], np.zeros(len(texts), dtype=int))
    assert rule.topic("кот спит") is None


def test_the_rule_knows_beginnings_and_is_small(feed, rule):
    texts, topic = feed
    other = simulate(300, 6)
    number = dict(zip(np.unique(other.truth.topic), range(12), strict=True))
    said = zip(other.posts["text"], other.truth.topic, strict=True)
    begun = [(words(clean_text(text))[:RUN], number[k]) for text, k in said]
    found = [(rule.topic(" ".join(begin)), k) for begin, k in begun if len(begin) == RUN]
    assert np.mean([f == k for f, k in found]) > 0.75
    assert np.mean([f == k for f, k in found if f is not None]) > 0.93
    assert len(json.dumps(asdict(rule), ensure_ascii=False).encode()) < 150_000
    assert rule == fit_rule([stems(text) for text in texts], topic)


def test_a_draft_on_a_subject_that_the_feed_lacks_is_seldom_recognised():
    rng = np.random.default_rng(0)
    topic = np.repeat(np.arange(6), 150)
    usual = rng.dirichlet(np.full(60, 0.5), 6)  # common words, which each topic uses in its own way
    lists = [
        [*(f"t{k}-{w}" for w in rng.integers(12, size=3)), *rng.choice(60, 7, p=usual[k]).astype(str)] for k in topic
    ]
    lists = [list(rng.permutation(found)) for found in lists]
    told = lists[:750], topic[:750]
    rule = fit_rule(*told)
    careful = for_drafts(rule, *told)
    before, after = (np.mean([of.lead(found[:RUN])[1] >= of.margin for found in lists[750:]]) for of in (rule, careful))
    assert after < 2 * FOREIGN < 0.5 < before
    assert careful == replace(rule, margin=careful.margin)


def test_of_two_topics_the_rule_knows_both():
    texts, _, truth, silent = talk()
    rule = fit_rule([stems(text) for text in texts], truth)
    assert all(rule.topic(text) == (None if s else k) for text, k, s in zip(texts, truth, silent, strict=True))


@needs_node
def test_the_page_finds_the_same_stems_and_topics(feed, rule):
    texts, _ = feed
    known = np.array(text_encoder("navec-sif").navec.vocab.words)
    rng = np.random.default_rng(0)
    sample = [w for w in rng.choice(known, 6000, replace=False) if words(w) == [w]]
    endings = "вши ившись нн ющ ла нно ость ейше ями ся ing edly ational s".split()
    made = ["".join(rng.choice([*"аеиоуыбвгнaeioybcdlst", *endings], 4)) for _ in range(6000)]
    asked = [*sample, *(w for text in [*texts, *made] for w in words(text)), *ENGLISH]
    assert in_node("given.map(TopicRule.stem)", asked) == [stem(word) for word in asked]
    begun = [*texts, *(text[:40] for text in texts), "", "constructor toString"]
    given = {"rule": asdict(rule), "texts": begun}
    found = in_node("given.texts.map((text) => TopicRule.topic(given.rule, text))", given)
    assert found == [rule.topic(text) for text in begun] and None in found
