"""Texts: what a reader sees, and that no text reaches a page as markup."""

import re
import time
import unicodedata
from collections import Counter

import numpy as np
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from lib.posts.text import _decode, _is_clean, _tidy, as_html, clean_bytes, clean_text, decode_text


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("", ""),
        ("  \n <br> \u200b ", ""),
        ("Ура&#33; &quot;да&quot; &amp; &laquo;нет&raquo;", 'Ура! "да" & «нет»'),
        ("&amp;quot;x&amp;quot; &amp;amp;lt;3", '"x" <3'),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("a&lt;br&gt;b", "a\nb"),
        ("a<br>\nb<br>\r\n\r\nc", "a\nb\n\nc"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a < b и b > c, <3, x<y>z", "a < b и b > c, <3, x<y>z"),
        ("теги &lt;b&gt; и &lt;script&gt;", "теги <b> и <script>"),
        ('<a href="https://vk.com" onclick="x()">тут</a> <b>жир</b><!-- no -->', "тут жир"),
        ('<img class="emoji" alt="😀" src="e.png">', "😀"),
        ("&#128571; &#x1F63B; &#55357;&#56891;", "😻 😻 😻"),
        ("\ud83d\ude3b \ud83d!", "😻 !"),
        ("[id1|Павел] и [club22|Клуб «А»], [public3_4|П]", "Павел и Клуб «А», П"),
        ("[https://vk.com/wall-1_2|запись] [a|b] [x]", "запись [a|b] [x]"),
        ("[https://vk.ru/wall-1_2|our post] [vk.ru/id5|он] [http://m.vk.ru/a|б]", "our post он б"),
        ("[evk.ru/id5|он] [vk.rus/a|б] [vk.ru|в]", "[evk.ru/id5|он] [vk.rus/a|б] [vk.ru|в]"),
        ("и\u0306", "й"),
        ("a<b<b>r>c <b<br>r>d", "a\nc d"),
        ("a&#13;b&#x2028;c &#65533;&#8203;", "a\nb\nc"),
        ("a\x00b\x07c\u202ed\ufeffe\u00adf", "abcdef"),
        ("много   \t пробелов\u00a0тут", "много пробелов тут"),
        ("https://a.ru/?x=1&copy=2&amp;lt=3", "https://a.ru/?x=1&copy=2&lt=3"),
        ("👨‍👩‍👧 🏴\U000e0067\U000e0062\U000e007f", "👨‍👩‍👧 🏴\U000e0067\U000e0062\U000e007f"),
    ],
)
def test_what_a_reader_sees(raw, seen):
    assert clean_text(raw) == seen


@pytest.mark.parametrize(
    ("raw", "mentions"),
    [
        ("", 0),
        ("[id1|Ян] и [club22|Клуб]", 2),
        ("&#91;id1|Ян]", 1),
        ("[a|b] [x] id1", 0),
        ("[https://vk.com/wall-1_2|запись]", 1),
    ],
)
def test_names_in_brackets_are_counted(raw, mentions):
    assert decode_text(raw) == (clean_text(raw), mentions)


def test_a_text_is_left_alone_only_where_cleaning_would_leave_it():
    """Every character, and random strings of all that cleaning looks at."""
    left = [chr(c) for c in range(0x110000) if _is_clean(f"a{chr(c)}b")]
    assert len(left) > 100_000 and "й" in left and "\n" in left
    together = f"a{'a'.join(left)}a"
    assert _tidy(_decode(together)) == together
    pieces = [*"<>&;[]|\n\r\t \xa0\u2028\u200b\ufffc\ufffdaй\u0301", *"br> amp; #13; [id1| b> </p>".split()]
    rng = np.random.default_rng(0)
    clean = 0
    for _ in range(20_000):
        text = "".join(rng.choice(pieces, rng.integers(1, 6)))
        assert clean_bytes(text) == clean_text(text).encode()
        if _is_clean(text):
            clean += 1
            assert _tidy(_decode(text)) == text
    assert clean > 500
    for before in range(70):
        assert not _is_clean("a" * before + "\u20d0" * 31 + "b") and _is_clean("a" * before + "\u20d0" * 30 + "b")


@pytest.mark.parametrize("text", ["{}", "а{}б", "a{} b"])
def test_a_line_of_russian_letters_is_left_alone_only_where_cleaning_would_leave_it(text):
    for c in [*range(0x1000), 0xD800, 0xDFFF, 0x1D165]:
        assert clean_bytes(text.format(chr(c))) == clean_text(text.format(chr(c))).encode()


def test_a_long_run_of_marks_is_composed_in_linear_time_and_kept():
    marks = "\u0327\u0301"
    ordinary = f"и\u0306 e{marks * 15} \u0e01\u0e33 \u1112\u1161\u11ab " + "\U0001f600\ufe0f" * 200
    assert clean_text(ordinary).startswith("й ȩ") and unicodedata.is_normalized("NFC", clean_text(ordinary))
    started = time.perf_counter()
    many = clean_text(f"e{marks * 200_000}")
    assert time.perf_counter() - started < 5  # minutes where a run is sorted as a whole
    assert Counter(many) == {"ȩ": 1, "\u0327": 199_999, "\u0301": 200_000}


@pytest.mark.parametrize("piece", ["<a ", "[id1|", "&#", "<img alt=", '<img alt="', "<!--", "&amp;", "\ud83d", "a.b."])
def test_hostile_repetition_stays_linear(piece):
    # A pattern that backtracks would take minutes on these.
    text = piece * 20_000
    clean_text(text)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt; &amp;",
    "*em* **strong** _em_ __s__ ~~del~~ ~sub~ ^sup^ ==mark==",
    "$x^2$ $$y$$ \\(z\\) \\[w\\]",
    "@fig-one @key [@key; -@other] [link](javascript:alert(1)) ![i](x) [^1] [ref][] <https://a.ru>",
    "`code` ```{python}\nprint(1)\n``` `{python} 1+1` `r 1`",
    "{{< include /etc/passwd >}} {{ x }} {% y %} <%= z %>",
    "::: {.callout-note}\ntext\n:::",
    "# head\n\n- item\n1. one\n> quote\n\n    code\n\n---\n\n| a | b |\n|---|---|\n",
    "term\n: definition\n\n[^1]: note\n\n[ref]: https://a.ru\n",
    "---\ntitle: x\n---\n",
    "{#id .class} []{.x} <!-- c --> \\newpage \\* http://a.ru :smile: -- ... 'q' \"q\"",
    "\x00\x1b[31m\ud800\u202e\ufeffконец",
    "ЁЖ é 中文 😀 👨‍👩‍👧 \u0301",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("wrap", ["{}", "- {}", "<div>{}</div>", "<div>\n\n{}\n\n</div>", '<p title="{}">x</p>'])
def test_no_markup_of_a_text_survives(text, wrap):
    shown = as_html(text)
    assert re.fullmatch(r"(?:<br>|&#\d+;|[A-Za-z0-9 ]|[^\W\d_])*", shown)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    page = BeautifulSoup(reader.render(wrap.format(shown)), "html.parser")
    assert {tag.name for tag in page.find_all()} <= {"p", "br", "div", "ul", "li"}
    if "title" not in wrap:
        for br in page.find_all("br"):
            br.replace_with("\n")
        visible = re.sub(r"[\x00-\x08\x1b\ud800-\udfff\u202e\ufeff]", "", text)
        assert page.get_text().split() == visible.split()


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two&#8230;"),
        ("onetwothree", 5, "onet&#8230;"),
        ("a\nb", None, "a<br>b"),
        ("a&b", 2, "a&#8230;"),  # cut before escaping: never in the middle of a reference
        ("abc", 0, "&#8230;"),
        ("", 5, ""),
    ],
)
def test_a_long_text_is_cut_at_a_word(text, limit, shown):
    assert as_html(text, limit) == shown
