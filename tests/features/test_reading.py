"""The page reads a text as the library does."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from page_code import in_node, needs_node

from lib.features import page_rules, photo_features, property_values, style_features, text_features
from lib.features.reading import javascript
from lib.features.style import EXTREME, NEGATIVE, STYLE_FEATURES, THIS, WE, YOU
from lib.features.text import CALLS_TO_ACTION, TEXT_FEATURES
from lib.posts import clean_text
from lib.simulation import simulate

WORDS = re.findall(r"[^\W\d]{2,}", " ".join((*CALLS_TO_ACTION, *YOU, *WE, *THIS, *EXTREME, *NEGATIVE)))
EMOJI = "😀 ❤ ❤️ 👍🏽 👩🏻‍🤝‍👨🏿 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢 🇷🇺 🇷 🇷🇺🇬 1️⃣ 1⃣ #️⃣ 1️ ™ ©️ 🏿 🦰 👩‍🦰 👩‍ ‍👩 😀‍😀 👩‍x 🏳️‍🌈 🏳‍🌈‍⚧ ‼ 〰️ 👋🏻🏻"
PIECES = f"""{EMOJI} &amp; &amp;amp; &lt;b&gt; &notit; &nbsp; &#33; &#x1F600; &#55357;&#56832; &#128; &#0; &#1; &#11;
&#65535; &#99999999; &Nope; &constructor; &CounterClockwiseContourIntegral; & &; &#; &#٣٣; <br> <BR/> </p> <b> <tt x>
<i>x</i> <3 a<b <!--x--> <ſpan> <img/alt="😀"> [id1|Имя] [club12|Клуб] [https://vk.com/a|Сайт] [id1|] [x|y] [id٣|Имя]
@durov *durov a@b @ab #тег #тег@club #1 ##a a#b https://a.ru/b?c=1&d http://x www.я.рф/я, САЙТ.РФ a.ru. т.е. vk.cc/x
site.İo ya.ru: «a» "b" 'c' ’d’ it's „e“ Ещё? Что?! а́ и̂ \u0301 e\u0301 Å ﬁ ß ſ ſhare K İ ı ǅ Ǆ ª ⓐ Ⓐ ǰ Σ ΟΔΟΣ Ёлка
ВСЁ вСе ᲀы ٣ ² ½ Ⅷ 漢字 Вы Я I I'm Анна АННА аННА Москве-реке 12:30 : :) ! ！ ？ … — ( ) \\ | [ ] {{x}} a_b _""".split()
PIECES += ["\n", "\r\n", "\n\n\n", "\r", "\x85", "\u2028", "\t", "\xa0", "\u3000", "\x1c", "\u200f", "\u202e", "\ufeff"]
PIECES += ["\xad", "\u200b", "\x00", "\ufffd", "\ud83d", "\ude00", "x" + "\u0301" * 40, "\u0345", '<img alt="😀">']


def awkward(number, seed=0):
    """Texts of pieces that are hard to read, in any order and with or without spaces between them."""
    rng = np.random.default_rng(seed)
    known = [*PIECES, *WORDS]
    texts = [*PIECES, "а" * 280, "а" * 281, "a\n" * 8, "a\n" * 7 + "a", "😀" * 280, "а " * 10_005 + "😀!?"]
    for _ in range(number - len(texts)):
        said = rng.choice(known if rng.random() < 0.5 else PIECES, rng.integers(2, 40))
        said = [
            str.upper(w) if rng.random() < 0.1 else str.title(w) if rng.random() < 0.1 else w for w in said.tolist()
        ]
        texts.append((" " if rng.random() < 0.7 else "").join(said))
    return texts


@needs_node
def test_the_page_reads_texts_as_the_library_does():
    texts = [*simulate(500, 3).posts["text"], *awkward(300)]
    code = (
        "((reader) => given.texts.map((text) => reader.read(text)).map((r) => "
        "({ ...r, properties: DraftText.properties(given.rules, 'text', r.features) })))(DraftText.reader(given.rules))"
    )
    read = in_node(code, {"rules": page_rules(), "texts": texts})
    assert [r["text"] for r in read] == [clean_text(text) for text in texts]
    readable = {
        "text": text_features(texts),
        "style": style_features(texts),
        "photo": photo_features([None] * len(texts)),
    }
    theirs = pd.DataFrame([r["features"] for r in read])
    ours = readable["text"].join(readable["style"])[list(theirs)]
    assert set(TEXT_FEATURES | STYLE_FEATURES) - set(theirs) == {"sentences"}
    pd.testing.assert_frame_equal(theirs, ours, check_exact=True, check_dtype=False)
    values = property_values(readable).dropna(axis=1, how="all")
    theirs = pd.DataFrame([r["properties"] for r in read], dtype=float)[list(values)]
    pd.testing.assert_frame_equal(theirs.where(values.notna()), values, rtol=1e-14)


@needs_node
def test_a_pattern_finds_the_same_characters():
    every = "".join(chr(c) for c in range(0x30000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn")
    for source in (
        "[яё]",
        "i",
        "s",
        "k",
        "в",
        r"\w",
        r"\s",
        r"\d",
        r"[^\W\d_]",
        r"\ba",
        r"[^\S\n]|z$",
        r"\u0451|\x41-",
    ):
        pattern = re.compile(source, re.IGNORECASE)
        given = {"every": every, "source": javascript(pattern)}
        assert in_node("given.every.match(new RegExp(given.source, 'gu'))", given) == (pattern.findall(every)), source


@pytest.mark.parametrize(
    ("source", "says"), [("[а-я]", "range of letters"), (r"\Ba", "not translated"), (r"[\W]", "negated")]
)
def test_what_cannot_be_translated_is_refused(source, says):
    with pytest.raises(ValueError, match=says):
        javascript(re.compile(source, re.IGNORECASE))
