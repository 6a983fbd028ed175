"""Captions of figures: what a figure found, what it shows, over how many posts, and the level of its intervals."""

from __future__ import annotations

from lib.models import BASELINE, TRUTH
from lib.posts import Language, Phrase
from lib.report import advice_sentences, feed_sentences, gallery, sentences
from lib.report.front_sentences import leaves_out, strongest_changes
from lib.report.model_sentences import has
from lib.report.numbers import Text, count, decimal, interval, label_of, listed, number, pct
from lib.study import Study, count_models, scores


def funnels(study: Study) -> Text:
    """Of the rates against views: how much of a rate is chance at the median views."""
    chance = 1 - count_models.comparison(study).set_index("name")["signal"]
    names = dict.fromkeys([count_models.commonest(study), count_models.rarest(study)])
    shares = listed(f"{pct(chance[name])} of the variance of the rate of {label_of(name)}" for name in names)
    return Text(
        f"At {feed_sentences.median_views(study)} chance makes {shares}. Rate against views of the posts with at least"
        f" one action, of {sentences.posts(study)}; the line is the fitted mean rate."
    )


def gains(study: Study, name: str) -> Text:
    """Of the gains of photo or text and its parts: on how many activities it gains, and on which most."""
    if not has(study, name):
        return Text(f"Without {name}s there is nothing to gain. {_gain(study)}.")
    table = scores.gains(study, name).set_index("name")
    sure, first = int((table["low"] > 0).sum()), scores.by_gain(study, name)[0]
    found = f"The {label_of(name)} gains beyond chance on {sure} of {count(len(table), 'activity', 'activities')}"
    value = number(table.loc[first, "value"])
    most = f", by cross-fitted scores most on {listed([first])} ({value} nats on the test posts)"
    return Text(f"{found}{most if sure else ''}. {_gain(study)}.")


def leaderboard(study: Study) -> Text:
    """Of the gains of all forecasts: what the chosen one gains."""
    best = scores.best(study)
    found = (
        "Cross-fitting chooses no features: no forecast is better"
        if best == BASELINE
        else f"The chosen forecast, *{label_of(best)}*, gains {interval(scores.gain(study, best))} nats"
    )
    found += f"; the truth gains {number(scores.gain(study, TRUTH).value)}" if study.simulated else ""
    return Text(f"{found}. {_gain(study)}.")


def steps(study: Study) -> Text:
    """Of the steps: how many gain beyond chance, and which gains most after the first."""
    table = scores.increments(study)
    if table.empty:
        return Text("Without photos and texts there is no step to take.")
    sure = f"{(table['low'] > 0).sum()} of {count(len(table), 'step')} gain beyond chance"
    later = table.iloc[1:]
    most = later.loc[later["value"].idxmax()] if len(later) else None
    after = f"; after the first, the largest is “{most['name']}” ({number(most['value'])} nats)" if len(later) else ""
    return Text(
        f"{sure}{after}. Difference in held-out log score per post and activity on {sentences.test_posts(study)}, with"
        " 95 % intervals."
    )


def sources(study: Study) -> Text:
    """Of the gains of text, photo and both: which of the two predicts which activity better."""
    if not {"text", "photo"} <= set(study.forecasts):
        return Text(f"This feed doesn't have both photos and texts to compare. {_gain(study)}.")
    table = scores.gains(study, "text", over="photo")
    ahead = {"text": table.loc[table["low"] > 0, "name"], "photo": table.loc[table["high"] < 0, "name"]}
    parts = [f"the {source} is ahead on {listed(names)}" for source, names in ahead.items() if len(names)]
    found = "; ".join(parts) if parts else "on no activity is the text or the photo clearly ahead"
    return Text(f"{found[0].upper()}{found[1:]}. {_gain(study)}.")


def extremes(study: Study, name: str) -> Text:
    """Of the posts with the highest and the lowest predicted rates: their observed rates together."""
    activity = scores.featured(study, name)[0]
    rows = gallery.extremes(study, name, activity)
    if not len(rows):
        return Text(f"Of {label_of(activity)} every test post has the same predicted rate.")
    half, at = len(rows) // 2, study.column(activity)
    high, low = (study.counts[of, at].sum() / study.views[of].sum() for of in (rows[:half], rows[half:]))
    return Text(
        f"The {count(half, 'test post')} with the highest predicted rates of {label_of(activity)} got it in"
        f" {pct(high)} of their views, the {half} with the lowest in {pct(low)}. Under each post are its predicted and"
        " its actual rate."
    )


def strongest(study: Study, language: Language = "en") -> Text:
    """Of the strongest sure changes: for how many actions there is one."""
    found = len(strongest_changes(study))
    sizes = [decimal(size, 0, language) for size in (found, len(study.activities), len(study.posts))]
    said = (_STRONGEST if found else _NONE)[language].format(*sizes)
    return Text(f"{said} {_LEFT_OUT[language]}" if leaves_out(study) else said)


def found(study: Study) -> Text:
    """Of the effects beyond chance: how many there are of all that were asked."""
    truth = " Upright strokes are the true effects." if study.simulated else ""
    return Text(
        f"Beyond chance: {advice_sentences.answered(study)} effects, over {sentences.posts(study)}; the strongest,"
        " at most 25. The thick part of an interval (95 %) allows for the selection of what is listed, the thin also"
        " for a bias. In brackets: the rates per 10,000 views before and after the change, and how many times as strong"
        f" as the topic a hidden cause would have to be to explain it away.{truth}"
    )


_STRONGEST = Phrase(
    "Actions for which a sure and useful change was found: {} of {}. The strongest for each action, over {} posts, with"
    " its 95 % interval and the rates per 10,000 views before and after.",
    "Действий, для которых нашлась надёжная и полезная правка: {} из {}. Самая сильная для каждого (постов: {}),"
    " её 95-процентный интервал и частоты на 10 000 просмотров до и после.",
)
_LEFT_OUT = Phrase(
    "A longer text for more unfolded ones is left out: only a folded text can be unfolded.",
    "Совет писать длиннее ради раскрытий текста сюда не вошёл: раскрыть можно только свёрнутый текст.",
)
_NONE = Phrase(
    "No change is both sure and useful: actions with one, {} of {}, over {} posts.",
    "Правок, которые и надёжны, и полезны, нет: действий с такими {} из {}, постов {}.",
)


def _gain(study: Study) -> str:
    return f"Gain in held-out log score over no features on {sentences.test_posts(study)}, with 95 % intervals"
