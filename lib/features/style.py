"""How a text is worded: yes-or-no properties that levers act on and that no forecast uses."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from lib.features.text import LINK, SEARCHED, WORD
from lib.posts import decode_text

STYLE_FEATURES = {
    "number": "digits outside links",
    "quotation": "quotation marks: «», „“, “”, or a pair of straight or single ones around words",
    "you": "a word that addresses the reader (YOU)",
    "we": "a word in the first person (WE)",
    "this": "a word that points at what comes (THIS)",
    "name": "a capitalised word within a sentence; none is known in a title whose words are mostly capitalised",
    "colon": "a colon before white space or at the end of a line, outside links",
    "extreme": "a word that allows no exception: a superlative, all, never, only (EXTREME)",
    "negative": "a word of harm, loss, fear, anger or blame (NEGATIVE)",
}

YOU = (
    r"ты|теб[яе]|тобою?|тво(?:й|я|ё|е|и|его|ему|им|ём|ем|ей|ею|ю|их|ими)",
    r"вы|вас|вами?|ваш(?:а|е|и|его|ему|им|ем|ей|ею|у|их|ими)?",
    r"you|your|yours|yourself|yourselves|you['’](?:re|ll|ve|d)|y['’]all",
)
WE = (
    r"я|меня|мне|мною?|мо(?:й|я|ё|е|и|его|ему|им|ём|ем|ей|ею|ю|их|ими)",
    r"мы|нас|нами?|наш(?:а|е|и|его|ему|им|ем|ей|ею|у|их|ими)?",
    r"i|i['’](?:m|ve|d|ll)|me|my|mine|myself|we|we['’](?:re|ve|d|ll)|us|our|ours|ourselves",
)
THIS = (
    r"эт(?:о|от|а|и|ого|ому|им|ом|ой|ою|у|их|ими)|здесь|тут",
    r"this|these|here|here['’]s|this['’]ll",
)
EXTREME = (
    r"сам(?:ый|ая|ое|ые|ого|ой|ому|ым|ую|ых|ыми)|(?:наи)?лучш(?:ий|ая|ее|ие|его|ей|ему|им|ую|их|ими)|наиболее",
    r"никогда|всегда|кажд(?:ый|ая|ое|ые|ого|ой|ому|ым|ую|ых|ыми)|только|никто|ничто|ничего|вс[её]|всех|всем|всеми",
    r"best|most|greatest|biggest|ever|never|always|every|everyone|everybody|everything|all|only|nobody|nothing",
)
# Word stems and words. This is a short list of our own: a heuristic, no dictionary of emotions.
NEGATIVE = (
    r"(?:смерт|умер|умира|убий|убил|убит|погиб|гибел|войн|насили|жертв|преступ|авари|катастроф|трагед|трагич|болезн"
    r"|болит|боль(?!ш|ниц)|страх|страш|ужас|кошмар|опасн|угроз|бед[аыуе](?!й)|проблем|ошиб|провал|потер|лиши|разруш"
    r"|ненавист|ненавид|злоб|злост|злой|груст|печал|слез|слёз|плач|плак|стыд|позор|обман|враг|враж|скандал|кризис"
    r"|плох|худш|отврат|мерзк|глуп|дура[кц]|бесит|жаль|жалк|страда|вредн|запрет|запрещ)\w*",
    r"(?:hate|fear|kill|murder|hurt|suffer|violen|abus|victim|crim(?:e|inal)|danger|threat|terrif|terribl|horribl"
    r"|horrif|disgust|fail|destroy|disaster|traged|tragic|nightmar|bull(?:y|ie)|rac(?:ist|ism)|sex(?:ist|ism)|rape|rapist"
    r"|sham(?:e|ing)|stupid|idiot|angr|worr(?:y|ie)|scar(?:y|ed|ier|iest)|depress|addict|corrupt|cancer|devastat"
    r"|heartbr|outrag|offens|offend|poverty|starv|sick|ugl(?:y|ie)|crisis|crises|attack|problem|mistake|enem(?:y|ie))\w*",
    r"bad|pains?|painful|worse|worst|wrong|awful|afraid|anger|die|dies|died|dying|dead|deadly|death|deaths|war|wars|sad|sadly|sadness"
    r"|cry|cries|cried|crying|tears|lose|loses|losing|lost|loss|lie|lies|lied|lying|broke|broken|evil|hell|guilt|guilty",
)


def _any(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(words) + r")(?!\w)", re.IGNORECASE)


# What each style feature but a name looks for.
PATTERNS = {
    "number": re.compile(r"\d"),
    "quotation": re.compile(
        r"[«»„“”]|\"[^\"\n]{1,300}\"|(?<![\w'’])['‘](?=\w)[^'‘’\n]{1,300}(?:['’]\w[^'‘’\n]{0,300}){0,5}['’](?!\w)"
    ),
    "you": _any(YOU),
    "we": _any(WE),
    "this": _any(THIS),
    "colon": re.compile(r":(?=\s|$)"),
    "extreme": _any(EXTREME),
    "negative": _any(NEGATIVE),
}
# A word after one of these signs may be the first of a sentence, a quotation or an item of a list.
BEGINS = frozenset(".!?…:;\n\"'«»„“”‘()[]{}—–•*|/")
FIRST_PERSON = re.compile(r"I(?:['’]|$)")
# A text is a title if it has 4 words or more of at least 3 letters, and most of these words are capitalised.
LONG, ENOUGH = 3, 4


def style_features(texts: Iterable[str | None]) -> pd.DataFrame:
    """How texts are worded.

    Parameters
    ----------
    texts : iterable of str
        Raw texts; None, NaN and "" stand for no text. Only the first ``SEARCHED`` characters are looked at.

    Returns
    -------
    DataFrame of float64, one row per text: 1 if the text has what ``STYLE_FEATURES`` describes, else 0.

    References
    ----------
    Robertson et al. (2023), Negativity drives online news consumption, doi:10.1038/s41562-023-01538-4: negative words
    in headlines.
    """
    rows = [_found(raw) if isinstance(raw, str) and raw else [False] * len(STYLE_FEATURES) for raw in texts]
    return pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(STYLE_FEATURES)), columns=list(STYLE_FEATURES))


def _found(raw: str) -> list[bool]:
    prose = LINK.sub(" ", decode_text(raw)[0][:SEARCHED])
    return [_has_name(prose) if name == "name" else PATTERNS[name].search(prose) is not None for name in STYLE_FEATURES]


def _has_name(prose: str) -> bool:
    inner, end = [], 0
    for word in WORD.finditer(prose):
        if end and BEGINS.isdisjoint(prose[end : word.start()]):
            inner.append(word[0])
        end = word.end()
    long = [word for word in inner if len(word) >= LONG]
    if len(long) >= ENOUGH and 2 * sum(word[0].isupper() for word in long) > len(long):
        return False
    return any(
        word[0].isupper()
        and word[1:].islower()
        and not FIRST_PERSON.match(word)
        and not PATTERNS["you"].fullmatch(word)
        for word in inner
    )
