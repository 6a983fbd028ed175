"""How strong a hidden cause would have to be to explain an effect away."""

from __future__ import annotations

import numpy as np

from lib.advice.regressions import Sample
from lib.features import Contrast


def robustness(t: np.ndarray, posts: np.ndarray) -> np.ndarray:
    """Robustness value of effects with the statistics t on so many posts, in [0, 1].

    A hidden cause that explains this share of what the controls leave unexplained, of the lever and of the activity
    alike, would make the effect zero. A weaker one would not.

    References
    ----------
    Cinelli & Hazlett (2020), Making sense of sensitivity: extending omitted variable bias, doi:10.1111/rssb.12348.
    """
    square = np.asarray(t) ** 2 / np.asarray(posts)
    return (np.sqrt(square**2 + 4 * square) - square) / 2


def topic_bias(sample: Sample, contrast: Contrast, activity: int) -> float:
    """Bias, as a t statistic per square root of posts, by a hidden cause as strong as the topic.

    The topic's strength is the share of the variance of the lever and of the log rate that it explains. 0 if there is
    one topic only.
    """
    topic = sample.controls.topic[contrast.posts]
    prop = next(iter(contrast.from_to))
    lever = sample.properties.loc[contrast.posts, prop].to_numpy()
    rate = np.log((sample.counts[contrast.posts, activity] + 0.5) / (sample.views[contrast.posts] + 1))
    of_lever, of_rate = _explained(lever, topic), _explained(rate, topic)
    return float(np.sqrt(of_rate * of_lever / (1 - of_lever)))


def _explained(values: np.ndarray, topic: np.ndarray) -> float:
    """Share of the variance that lies between topics, in [0, 1), corrected for chance."""
    posts, topics = len(values), len(np.unique(topic))
    if topics < 2 or posts <= topics or np.ptp(values) == 0:
        return 0.0
    means = np.bincount(topic, values) / np.maximum(np.bincount(topic), 1)
    within = ((values - means[topic]) ** 2).sum() / (posts - topics)
    return float(np.clip(1 - within / values.var(ddof=1), 0.0, 0.99))
