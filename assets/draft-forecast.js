// The page's forecast of a draft, the range of its counts, and which of two drafts gets the higher rate. The same
// arithmetic as lib/models/page.py, count_range in lib/models/drafts.py and lib/advice/winner.py; tests check that they
// agree.
const DraftForecast = (() => {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const has = Object.hasOwn;
  const LIKE = 0.1; // a smaller cosine is no likeness

  // The words of a cleaned text in small letters, and pairs of neighbours.
  function terms(data, text) {
    const words = text.toLowerCase().match(new RegExp(data.word, "gu")) ?? [];
    return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
  }

  // The TF-IDF of the known terms of a cleaned text, of length 1: a map from term to value.
  function vector(data, text) {
    const found = new Map();
    for (const term of terms(data, text)) if (has(data.terms, term)) found.set(term, (found.get(term) ?? 0) + 1);
    for (const [term, count] of found) found.set(term, (1 + Math.log(count)) * data.unit * data.terms[term][0]);
    const length = Math.sqrt(sum([...found.values()].map((value) => value * value)));
    for (const [term, value] of found) found.set(term, value / length);
    return found;
  }

  // What the terms of a cleaned text add to the logits.
  function ofWords(data, text) {
    const added = data.activities.map(() => 0);
    for (const [term, value] of vector(data, text))
      added.forEach((_, a) => { added[a] += value * data.unit * data.terms[term][a + 1]; });
    return added;
  }

  // The positions of the vectors that are most like a vector, the most alike first, by a cosine of at least LIKE.
  function nearest(vectors, of, most) {
    const cosine = (other) => sum([...of].map(([term, value]) => value * (other.get(term) ?? 0)));
    return vectors.map((other, at) => [cosine(other), at]).filter(([likeness]) => likeness >= LIKE)
      .sort((a, b) => b[0] - a[0]).slice(0, most).map(([, at]) => at);
  }

  // The conditions of lib/features/conditions.py that a draft meets.
  function conditions(data, { text, photo }) {
    const met = { "no photo": !photo, "no text": !text, "text not folded": !text || !text.folded,
      banner: !!photo && photo.aspect > data.strip };
    return Object.keys(met).filter((name) => met[name]);
  }

  // The conditions that make activities impossible: activity to condition.
  function impossible(data, features) {
    const found = {};
    for (const name of conditions(data, features))
      for (const activity of data.never[name] ?? []) found[activity] ??= name;
    return found;
  }

  // The expected rate of each activity. Features has "text" and "photo": name to value, or null for what is absent.
  // The text is the cleaned one.
  function rates(data, features, text) {
    const logits = ofWords(data, text).map((value, a) => value + data.base[a]);
    for (const [source, columns] of Object.entries(data.columns)) {
      const of = features[source];
      if (!of) data.absent[source].forEach((value, a) => { logits[a] += value; });
      else for (const { name, centre, scale, low, high, weights } of columns) {
        const value = of[name], standard = (Math.sign(value) * Math.log1p(Math.abs(value)) - centre) / scale;
        weights.forEach((weight, a) => { logits[a] += weight * Math.min(Math.max(standard, low), high); });
      }
    }
    const never = impossible(data, features);
    const rate = (name, a) => (has(never, name) ? 0 : 1 / (1 + Math.exp(-logits[a])));
    return Object.fromEntries(data.activities.map((name, a) => [name, rate(name, a)]));
  }

  // The intra-class correlation of an activity at an expected rate.
  function rho(data, activity, mean) {
    const [constant, slope] = data.dispersion[data.activities.indexOf(activity)];
    const found = 1 / (1 + Math.exp(constant + slope * Math.log(mean / (1 - mean))));
    return Math.min(Math.max(found, 1e-7), 0.999);
  }

  // The counts of one post as {low, median, high}. The interval holds at least the share level of the counts, and the
  // expected count.
  function counts(mean, rho, views, level) {
    const expected = mean * views;
    if (!views || mean <= 0) return { low: 0, median: 0, high: 0 };
    const size = (1 - rho) / rho, step = (k) => ((views - k) / (k + 1))
      * (rho > 0 ? (mean * size + k) / ((1 - mean) * size + views - k - 1) : mean / (1 - mean));
    // Probabilities as multiples of that of one count, each from its neighbour: first their sum, down and up as far as
    // they matter, then the counts at which shares of the sum are reached. A ratio of neighbours passes 1 at most once.
    const start = Math.min(views, Math.round(expected));
    let first = start, least = 1, whole = 1;
    while (first > 0 && !(step(first) > 1 && step(0) > 1 && least * first < 1e-18)) {
      least /= step(--first);
      whole += least;
    }
    const falls = (k) => step(k) < 1 && step(views - 1) < 1;
    for (let k = start, p = 1; k < views && !(falls(k) && p * (views - k) < whole * 1e-18); k++) {
      p *= step(k);
      whole += p;
    }
    let at = first, share = least, below = least;
    const [low, median, high] = [(1 - level) / 2, 0.5, (1 + level) / 2].map((q) => {
      while (at < views && below < q * whole) {
        share *= step(at++);
        below += share;
      }
      return at;
    });
    return { low: Math.min(low, Math.floor(expected)), median, high: Math.max(high, Math.ceil(expected)) };
  }

  // The probability that the first of two posts has the higher rate, given the expected rates and rho of both. Settings
  // are WINNER of lib/advice/winner.py.
  function winProbability(settings, means, rhos) {
    const [first, second] = means;
    if (first === second || Math.min(...rhos) === 0 || Math.min(...means) === 0) return (1 + Math.sign(first - second)) / 2;
    const sizes = rhos.map((rho) => (1 - rho) / rho), logOdds = means.map((mean) => Math.log(mean / (1 - mean)));
    const spread = 1 / Math.sqrt(1 + Math.max(...means.map((mean, i) => mean * (1 - mean) * sizes[i])));
    const steps = Array.from({ length: settings.steps }, (_, i) => settings.reach * (2 * i / (settings.steps - 1) - 1));
    const z = steps.map((step) => sum(logOdds) / 2 + spread * Math.sinh(step));
    const logExpit = (x) => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x)));
    const [ours, theirs] = means.map((mean, at) => {
      const density = z.map((x, i) => sizes[at] * (mean * logExpit(x) + (1 - mean) * logExpit(-x))
        + Math.log(Math.cosh(steps[i])));
      const top = density.reduce((most, value) => Math.max(most, value), -Infinity);
      const shares = density.map((value) => Math.exp(value - top)), whole = sum(shares);
      return shares.map((share) => share / whole);
    });
    let below = 0;
    return sum(ours.map((share, i) => share * ((below += theirs[i]) - theirs[i] / 2)));
  }

  const call = (settings, probability) => probability >= settings.called ? "first"
    : probability <= 1 - settings.called ? "second" : "too close to call";

  return { call, counts, impossible, nearest, rates, rho, terms, vector, winProbability };
})();
