"""The front page in English and in Russian: what was found, in plain units; the wording follows from the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from lib.advice import ALL, Tip, choose_tips, study_estimates
from lib.models import BASELINE, TRUTH
from lib.posts import ACTIVITY, Language, Phrase
from lib.report.effects import study_contrasts, where
from lib.report.numbers import Text, decimal, significant, span
from lib.report.real_sentences import right_here
from lib.report.wording import goal_name, per_10000, tip_action, tip_effect
from lib.study import Study, scores, trade

_FORESEEN = Phrase(
    "**Which posts get an action can be foreseen.** Of two views, one with the action and one without it, the forecast"
    " gives the former the higher rate in {pairs} of pairs; a coin, in 50 %. The tenth of the posts that it puts first"
    " gets {lifts} times the usual rate.",
    "**Какие посты получат отклик, можно предвидеть.** Из двух просмотров, с действием и без него, прогноз ставит выше"
    " первый; доля таких пар — {pairs}, монета угадала бы в 50 %. У десятой части постов, которые он ставит выше всех,"
    " частота действий больше обычной; во сколько раз — {lifts}.",
)
_UNFORESEEN = Phrase(
    "**Which posts get an action could not be foreseen** from this feed: no forecast is clearly better than the mean"
    " rate.",
    "**Какие посты получат отклик, по этой ленте предвидеть не удалось**: ни один прогноз не лучше средней частоты.",
)
_SOURCES = Phrase(
    "**{winner}** Alone, the text adds {text} nats per post and action to the score of a forecast, the photo {photo}.",
    "**{winner}** Сам по себе текст прибавляет к оценке прогноза {text} ната на пост и действие, фото {photo}"
    " (нат — единица этой оценки: чем их больше, тем точнее прогноз).",
)
_WINNER = {
    1: Phrase("The text tells more than the photo.", "Текст говорит больше, чем фото."),
    -1: Phrase("The photo tells more than the text.", "Фото говорит больше, чем текст."),
    0: Phrase("Text and photo tell about as much.", "Текст и фото говорят примерно поровну."),
}
_BEST = Phrase(
    "**{start} {both} nats**{limit}. The 90 % intervals of this forecast hold {inside} % of the counts of posts that it"
    " never saw.",
    "**{start} {both} ната**{limit}. Число действий попало в 90-процентный интервал этого прогноза в {inside} %"
    " случаев; этих постов он не видел.",
)
_TOGETHER = Phrase("Together they tell", "Вместе они дают")
_ALONE = Phrase("The best forecast adds", "Лучший прогноз прибавляет")
_LIMIT = Phrase(", of {truth} that can be known of such posts at all", " из {truth}, которые вообще можно узнать")
_STRONGEST = Phrase(
    "**The strongest sure change:** {action} ({place}): {effect}.",
    "**Самая сильная надёжная правка:** {action} ({place}): {effect}.",
)
_NO_TIP = Phrase("**No change is surely worth making** on this feed.", "**Надёжных советов по этой ленте нет.**")
_REAL = Phrase("**How far to trust it.** {right}", "**Насколько этому верить.** {right}")

_IDLE = ("long", "expand")  # what isn't folded can't be unfolded: true, and of no use to an author


def found(study: Study, language: Language = "en") -> Text:
    """What was found, in five sentences: a Markdown list."""
    parts: tuple[Callable[[Study, Language], str], ...] = (_foreseen, _sources, _best, _strongest, _real)
    lines = [part(study, language) for part in parts]
    return Text("\n".join(f"1. {line}" for line in lines if line))


def strongest_changes(study: Study, language: Language = "en") -> pd.DataFrame:
    """The strongest sure change for each goal that has one, the strongest first.

    Columns: ``activity``, the goal; ``effect``, ``low`` and ``high``, relative changes of its rate; ``words``, the
    goal, what to do, where if not everywhere, and the rates before and after, per 10,000 views.
    """
    table, rows = study_estimates(study).effects, []
    for tip in _strongest_tips(study):
        before, after = (per_10000(rate, language) for rate in (tip.base, tip.base * (1 + tip.effect)))
        place = "" if tip.scope == ALL else f" {where(study, table, tip, language)}"
        words = f"{goal_name(tip.goal, language)}: {_small(_action(study, tip, language))}{place} ({before} → {after})"
        rows.append([tip.goal, tip.effect, tip.low, tip.high, words])
    return pd.DataFrame(rows, columns=["activity", "effect", "low", "high", "words"])


def leaves_out(study: Study) -> bool:
    """Whether a tip isn't among the strongest changes because it says nothing that an author can use."""
    return any(tip.lever == _IDLE[0] for tip in choose_tips(study_estimates(study).effects, _IDLE[1]))


def _strongest_tips(study: Study) -> list[Tip]:
    table, tips = study_estimates(study).effects, []
    for goal in study.activities:
        tips += [tip for tip in choose_tips(table, goal) if (tip.lever, goal) != _IDLE][:1]
    return sorted(tips, key=lambda tip: -abs(math.log1p(tip.effect)))


def _action(study: Study, tip: Tip, language: Language) -> str:
    return tip_action(tip, study_contrasts(study)[tip.lever].from_to, language)


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _foreseen(study: Study, language: Language) -> str:
    name = scores.best(study)
    if name == BASELINE or scores.gain(study, name).low <= 0:
        return _UNFORESEEN[language]
    table = trade.by_activity(study, name).query("forecast == @name").dropna(subset=["auc", "lift"])
    if table.empty:
        return ""
    ends = table.sort_values("auc").iloc[[0, -1]]
    pairs = [
        f"{decimal(100 * auc, 0, language)} % ({ACTIVITY[name].plural[language]})"
        for name, auc in ends[["name", "auc"]].itertuples(index=False)
    ]
    lifts = [significant(value, 2, language) for value in (table["lift"].min(), table["lift"].max())]
    return _FORESEEN[language].format(pairs=span(pairs, language), lifts=span(lifts, language))


def _sources(study: Study, language: Language) -> str:
    if not {"text", "photo"} <= set(study.forecasts):
        return ""
    apart = scores.gain(study, "text", over="photo")
    winner = _WINNER[int(apart.low > 0) - int(apart.high < 0)][language]
    text, photo = (significant(scores.gain(study, name).value, 2, language) for name in ("text", "photo"))
    return _SOURCES[language].format(winner=winner, text=text, photo=photo)


def _best(study: Study, language: Language) -> str:
    name = scores.best(study)
    if name == BASELINE:
        return ""
    truth = significant(scores.gain(study, TRUTH).value, 2, language) if study.simulated else ""
    start = _TOGETHER if {"text", "photo"} <= set(study.forecasts) else _ALONE
    return _BEST[language].format(
        start=start[language],
        both=significant(scores.gain(study, name).value, 2, language),
        limit=_LIMIT[language].format(truth=truth) if truth else "",
        inside=decimal(100 * scores.coverage(study, name)["90"].mean(), 0, language),
    )


def _strongest(study: Study, language: Language) -> str:
    tips = _strongest_tips(study)
    if not tips:
        return _NO_TIP[language]
    return _STRONGEST[language].format(
        action=_small(_action(study, tips[0], language)),
        place=where(study, study_estimates(study).effects, tips[0], language),
        effect=tip_effect(tips[0], language),
    )


def _real(study: Study, language: Language) -> str:
    return _REAL[language].format(right=right_here(study, language))
