"""An experiment in English and in Russian: its plan, its schedule and its outcome."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from lib.advice import (
    ALL,
    ANY_TOPIC,
    FALSE_DISCOVERY_RATE,
    LEAST_POSTS_A_SIDE,
    LEVEL,
    POWER,
    SIMULATIONS,
    WITH,
    Comparison,
    Plan,
    Scorer,
    ScorerEffect,
    schedule_name,
)
from lib.posts import ACTIVITY, Language, Phrase
from lib.report.draft_words import WARNING, learnt_from, place
from lib.report.numbers import decimal, significant
from lib.report.wording import changed, lever_name, likely, per_10000, percent, ways

MOST_WEEKS = 12  # of the schedule that are printed


def plan_report(plan: Plan, scorer: Scorer, language: Language, out: str | None = None) -> str:
    """A plan, for a terminal. ``out`` is the name of the file with the schedule, if there is one."""
    say = {name: phrase[language] for name, phrase in _SAYS.items()}
    of, weeks, actions = plan.population, plan.schedule["week"], ACTIVITY[plan.goal].plural[language]

    def whole(value: float) -> str:
        return decimal(value, 0, language)

    def row(effect: str, posts: int) -> str:
        took = math.ceil(2 * posts / plan.posts_per_week)
        return f"{effect:<30}{whole(posts):>18}{whole(took):>10}"

    lines = [
        learnt_from(scorer.source, scorer.simulated, language),
        say["experiment"].format(lever_name(plan.lever, language), *_sides(plan, scorer, language)),
        _expected(plan, scorer, language),
        say["posts"].format(
            actions[0].upper() + actions[1:],
            place(ALL if plan.topic == ANY_TOPIC else str(plan.topic), plan.lever, plan.goal, scorer, language),
            per_10000(of.rate, language),
            whole(np.median(of.views)),
            significant(of.rho, 2, language),
            significant(of.independent_views, 2, language),
        ),
        "",
        f"{say['to find']:<30}{say['a side']:>18}{say['weeks']:>10}",
        row(percent(plan.effect, language), plan.posts),
    ]
    if plan.cautious:
        near, posts = plan.cautious
        lines.append(row(f"{percent(near, language)} {say['cautious']}", posts))
    shares = [whole(100 * share) for share in (POWER, 1 - LEVEL, plan.power)]
    lines += [say["power"].format(*shares[:2], LEAST_POSTS_A_SIDE, shares[2], SIMULATIONS), ""]
    for number, (posts, effect) in plan.smallest.items():
        found = say["nothing"] if math.isnan(effect) else say["smallest"].format(percent(effect, language))
        lines.append(say["in weeks"].format(number, whole(posts), found))
    numbers = (len(weeks), weeks.max(), plan.posts_per_week)
    lines += ["", say["schedule"].format(*map(whole, numbers), plan.seed)]
    shown = plan.schedule[(plan.schedule["side"] == WITH) & (weeks <= MOST_WEEKS)]
    lines += [say["week"].format(week, ", ".join(map(str, posts))) for week, posts in shown.groupby("week")["post"]]
    if weeks.max() > MOST_WEEKS:
        lines.append(say["more"].format(whole(weeks.max() - MOST_WEEKS)))
    lines += ["", say["fair"], say["written" if out else "write"].format(out, plan.goal)]
    return "\n".join(lines).replace("\u00a0", " ")


def schedule_csv(plan: Plan, scorer: Scorer, language: Language) -> str:
    """A schedule as a CSV, with empty columns for the results, which :func:`lib.advice.read_outcome` reads."""
    do, undo = _sides(plan, scorer, language)
    table = plan.schedule.assign(do=[do if side == WITH else undo for side in plan.schedule["side"]])
    table.insert(0, "test", schedule_name(plan.goal, plan.lever))
    return table.assign(text="", view="", **{plan.goal: ""}).to_csv(index=False)


def outcome_report(
    found: Comparison, set_aside: pd.DataFrame, goal: str, planned: float | None, scorer: Scorer, language: Language
) -> str:
    """The outcome of an experiment, for a terminal.

    Parameters
    ----------
    found, set_aside
        From :func:`lib.advice.read_outcome`.
    planned
        The effect that the experiment was planned for; None if nobody knows.
    """
    say = {name: phrase[language] for name, phrase in _SAYS.items()}
    actions = ACTIVITY[goal].plural[language]
    lines = [say["results"].format(*(decimal(n, 0, language) for n in reversed(found.posts)))]
    if len(set_aside):
        reasons = ", ".join(f"{reason} ({n})" for reason, n in set_aside["reason"].value_counts().items())
        lines.append(say["unused"].format(len(set_aside), reasons))
    rates = (per_10000(rate, language) for rate in reversed(found.rates))
    ends = (percent(end, language) for end in (found.effect, found.low, found.high))
    p = f"p = {significant(found.p, 2, language)}" if found.p >= 1e-4 else f"p < {decimal(1e-4, 4, language)}"
    lines.append(say["effect"].format(actions, *rates, *ends, f"{100 * LEVEL:.0f}", p))
    sure = found.low > 0 or found.high < 0
    lines.append(say["unsure" if not sure else "up" if found.effect > 0 else "down"])
    if planned is not None:
        inside = found.low <= planned <= found.high
        lines.append(say["inside" if inside else "outside"].format(percent(planned, language)))
    warned = say["simulated"].format(WARNING[language]) if scorer.simulated else say["real"].format(scorer.source)
    lines.append(warned)
    return "\n".join(lines).replace("\u00a0", " ")


def _sides(plan: Plan, scorer: Scorer, language: Language) -> tuple[str, str]:
    """What to do with the change and without it."""
    return ways(plan.lever, next(lever.from_to for lever in scorer.levers if lever.name == plan.lever), language)


def _expected(plan: Plan, scorer: Scorer, language: Language) -> str:
    """The effect that a plan is for, and what is known of it."""
    say = {name: phrase[language] for name, phrase in _SAYS.items()}
    row: ScorerEffect | None = plan.estimate
    if row is None or plan.effect != row.effect:
        return say["asked"].format(changed(plan.goal, plan.effect, language))
    where = place(row.scope, plan.lever, plan.goal, scorer, language)
    size = changed(plan.goal, row.effect, language), likely(row.effect, row.low, row.high, language)
    parts = [say["estimate"].format(where, *size)]
    if row.q is None:
        parts.append(say["differs"])
    elif row.q > FALSE_DISCOVERY_RATE:
        parts.append(say["chance"])
    if row.effect * ACTIVITY[plan.goal].wanted < 0:
        parts.append(say["harms"])
    return " ".join(parts)


_SAYS = {
    "experiment": Phrase(
        "Experiment: {}. With the change: {}. Without it: {}.", "Эксперимент: {}. С правкой: {}. Без правки: {}."
    ),
    "estimate": Phrase("Estimate {}: {}, {}.", "Оценка {}: {}, {}."),
    "asked": Phrase("Effect to find: {}.", "Искомый эффект: {}."),
    "differs": Phrase(
        "This is an average of topics that differ; --topic names one.",
        "Это среднее по темам, а они различаются; тему называет --topic.",
    ),
    "chance": Phrase("It may be chance.", "Она может быть случайной."),
    "harms": Phrase(
        "It speaks against the change: a tip would say the opposite.", "Она против правки: совет был бы обратным."
    ),
    "posts": Phrase(
        "{} {}: {} per 10,000 views; half of the posts have {} views or more. Posts differ (rho {}), so that one post"
        " tells as much as {} views of different posts.",
        "{} {}: {} на 10 000 просмотров; у половины постов просмотров {} и больше. Посты различаются (rho {}): один"
        " пост говорит столько же, сколько {} просмотров разных постов.",
    ),
    "to find": Phrase("to find", "найти"),
    "a side": Phrase("posts a side", "постов на сторону"),
    "weeks": Phrase("weeks", "недель"),
    "cautious": Phrase("(cautious end)", "(осторожно)"),
    "power": Phrase(
        "Power {} %, two-sided level {} %, at least {} posts a side. The analysis of the outcome found the first effect"
        " in {} % of {} simulated outcomes.",
        "Мощность {} %, двусторонний уровень {} %, не меньше {} постов на сторону. Анализ исхода нашёл первый эффект"
        " в {} % из {} смоделированных исходов.",
    ),
    "in weeks": Phrase("In {} weeks, {} posts a side: {}.", "Недель {}, постов на сторону {}: {}."),
    "smallest": Phrase("the smallest effect that is found is {}", "наименьший находимый эффект {}"),
    "nothing": Phrase("too few posts to find an effect", "слишком мало, чтобы найти эффект"),
    "schedule": Phrase(
        "Schedule: {} posts in {} weeks at {} a week, drawn with seed {}. These get the change:",
        "Расписание: постов {}, недель {}, в неделю {}, seed {}. С правкой:",
    ),
    "week": Phrase("  week {}: {}", "  неделя {}: {}"),
    "more": Phrase("  and {} more weeks", "  и ещё недель: {}"),
    "fair": Phrase(
        "Choose the topic, photo and time of a post before you look up its side. Count the views and actions of all"
        " posts at the same age, such as a week.",
        "Выбирайте тему, фото и время поста до того, как узнаете его сторону. Считайте просмотры и действия всех постов"
        " в одном возрасте, например через неделю.",
    ),
    "write": Phrase(
        "--out plan.csv writes the schedule; --outcome plan.csv reads it with the results.",
        "--out plan.csv запишет расписание, --outcome plan.csv прочтёт его с результатами.",
    ),
    "written": Phrase(
        "The schedule is in {0}. Fill in text (or a link), view and {1}; --outcome {0} reads the results.",
        "Расписание в файле {0}. Заполните text (можно ссылкой), view и {1}; результаты прочтёт --outcome {0}.",
    ),
    "results": Phrase(
        "Your experiment: {} posts with the change, {} without it.", "Ваш эксперимент: постов с правкой {}, без неё {}."
    ),
    "unused": Phrase(
        "{} posts have no usable result: {}. Stop when the schedule ends, not when the result pleases.",
        "Без результата постов {}: {}. Остановитесь, когда кончится расписание, а не когда понравится результат.",
    ),
    "effect": Phrase(
        "Per 10,000 views, {}: {} with the change, {} without it; effect {} ({} to {}, {} % interval; {}).",
        "На 10 000 просмотров {}: с правкой {}, без неё {}; эффект {} (от {} до {}, {} %-й интервал; {}).",
    ),
    "up": Phrase("The change raises the rate, beyond chance.", "Правка повышает частоту, и это не случайность."),
    "down": Phrase("The change lowers the rate, beyond chance.", "Правка снижает частоту, и это не случайность."),
    "unsure": Phrase(
        "No effect beyond chance: any size inside the interval is possible.",
        "Эффекта сверх случайности нет: возможна любая величина внутри интервала.",
    ),
    "inside": Phrase("The expected {} is inside the interval.", "Ожидавшийся эффект {} внутри интервала."),
    "outside": Phrase("The expected {} is outside the interval.", "Ожидавшийся эффект {} вне интервала."),
    "real": Phrase("The advice is learnt from {}.", "Советы взяты из данных {}."),
    "simulated": Phrase(
        "The advice is learnt from simulated posts: {}. The results are your own.",
        "Советы взяты из смоделированной ленты: {}. Результаты ваши.",
    ),
}
