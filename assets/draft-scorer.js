// The draft scorer: the same arithmetic as lib/advice/scorer.py; a test checks that they agree.
const DraftScorer = (() => {
  const Z = 1.959963984540054, CLOSE = 0.25;
  const expit = (eta) => 1 / (1 + Math.exp(-eta));
  const row = (data, values) => [1, ...data.properties.map((c) => (c.name in values ? values[c.name] : c.median))];
  const eta = (of, x) => x.reduce((sum, v, i) => sum + v * (i ? of.slopes[i - 1] : of.level), 0);

  // Why an activity never happens on a draft: "photo", if the draft lacks one, or a property. Null if it can happen.
  function never(data, activity, values) {
    const photo = data.properties.filter((c) => c.source === "photo"), known = data.activities[activity].never;
    if (data.needs[activity] === "photo" && photo.length && !photo.some((c) => c.name in values)) return "photo";
    const x = row(data, values).slice(1);
    const found = data.properties.find((c, i) => c.name in known && x[i] === known[c.name]);
    return found ? found.name : null;
  }

  // x' C x, where cov holds the lower triangle of C row by row.
  function form(cov, x) {
    let sum = 0;
    for (let i = 0, at = 0; i < x.length; i++)
      for (let j = 0; j <= i; j++, at++) sum += (i === j ? 1 : 2) * x[i] * x[j] * cov[at];
    return sum;
  }

  function rate(data, activity, topic, values) {
    const of = data.activities[activity].topics[topic], x = row(data, values);
    if (never(data, activity, values)) return [0, 0, 0];
    const middle = eta(of, x), error = Math.sqrt(form(of.cov, x));
    return [middle, middle - Z * error, middle + Z * error].map(expit);
  }

  // The effect of a lever on posts of a topic: that of the topic, else that elsewhere, else that of all posts.
  function effect(data, activity, lever, topic) {
    const rows = data.effects.filter((r) => r.activity === activity && r.lever === lever);
    return [String(topic), "elsewhere", "all"].map((s) => rows.find((r) => r.scope === s)).find((r) => r) || null;
  }

  // The step from a draft's values to those after a contrast (before it, if undo), in units of the contrast.
  function share(fromTo, values, undo) {
    const [[name, [low, high]], ...others] = Object.entries(fromTo);
    if (others.length || !(name in values)) return undo ? -1 : 1;
    return ((undo ? low : high) - values[name]) / (high - low);
  }

  // The values that a lever's contrast ends with, or begins with (undo).
  const changed = (lever, undo) =>
    Object.fromEntries(Object.entries(lever.from_to).map(([name, pair]) => [name, pair[undo ? 0 : 1]]));

  const isFound = (data, r) => r !== null && r.effect !== null && r.q !== null && r.q <= data.false_discovery_rate;

  // Relative change of a rate with its interval, and whether it is a discovery; null if there is none.
  function gain(data, activity, name, topic, values, undo) {
    const found = effect(data, activity, name, topic), lever = data.levers.find((l) => l.name === name);
    const ends = [values, { ...values, ...changed(lever, undo) }];
    if (found === null || found.effect === null || ends.some((v) => never(data, activity, v))) return null;
    const part = share(lever.from_to, values, undo), of = (end) => (1 + end) ** part - 1;
    const [low, high] = [of(found.low), of(found.high)].sort((x, y) => x - y);
    return [of(found.effect), low, high, isFound(data, found)];
  }

  // Net change of the value per view with its interval, and the value before; rates and value by activity.
  function worth(data, name, topic, values, rates, value, undo) {
    const lever = data.levers.find((l) => l.name === name), part = Math.abs(share(lever.from_to, values, undo));
    const all = Object.keys(data.activities).map((a) => {
      const change = gain(data, a, name, topic, values, undo), before = value[a] * rates[a];
      const after = change === null ? before : before * (1 + change[0]);
      return { before, after, slope: change === null ? 0 : after * part * effect(data, a, name, topic).error };
    });
    const sum = (of) => all.reduce((total, one, i) => total + of(one, i), 0);
    const square = sum((x, i) => sum((y, j) => x.slope * y.slope * lever.correlation[i][j]));
    const change = sum((x) => x.after - x.before), half = Z * Math.sqrt(Math.max(square, 0));
    return [change, change - half, change + half, sum((x) => x.before)];
  }

  function percentile(data, activity, mean) {
    const q = data.activities[activity].quantiles, last = q.length - 1;
    if (mean <= q[0]) return 0;
    if (mean >= q[last]) return 1;
    const at = q.findIndex((v) => v > mean);
    return (at - 1 + (mean - q[at - 1]) / (q[at] - q[at - 1])) / last;
  }

  // As already_there of lib/advice/scorer.py.
  function alreadyThere(values, fromTo, undo) {
    return Object.entries(fromTo).every(([name, [low, high]]) => {
      const [near, far] = undo ? [high, low] : [low, high];
      return (name === "words" && "folded" in fromTo) || !(name in values)
        || (far - values[name]) * Math.sign(far - near) <= CLOSE * Math.abs(far - near);
    });
  }

  // The data with effects whose intervals allow for the posts' number alone, not for a bias.
  function withoutBias(data) {
    const narrow = (r) => ({ ...r, low: r.narrow_low, high: r.narrow_high, error: r.narrow_error, q: r.narrow_q });
    return { ...data, effects: data.effects.map(narrow) };
  }

  const size = (change) => Math.abs(Math.log1p(change));
  const meant = (lever, values) => (lever.folded === null || values.folded === Number(lever.folded))
    && Object.keys(lever.from_to).every((name) => name in values);

  // The steps that serve a goal on posts of a topic: discoveries of a size worth having, the strongest first.
  function serving(data, goal, topic) {
    return data.levers.map((lever) => ({ lever, row: effect(data, goal, lever.name, topic) }))
      .filter(({ row }) => isFound(data, row) && size(row.effect) >= Math.log1p(data.min_effect))
      .map(({ lever, row }) => ({ lever, row, undo: row.effect * data.wanted[goal] < 0 }))
      .sort((a, b) => size(b.row.effect) - size(a.row.effect));
  }

  // The tips for a draft, the strongest first, as in draft_tips of lib/advice/draft.py.
  function tips(data, goal, topic, values, rates = { [goal]: rate(data, goal, topic, values)[0] }) {
    return serving(data, goal, topic).flatMap(({ lever, row, undo }) => {
      if (!meant(lever, values) || alreadyThere(values, lever.from_to, undo)) return [];
      const of = (activity) => gain(data, activity, lever.name, topic, values, undo), change = of(goal);
      if (change === null || size(change[0]) < Math.log1p(data.min_effect)) return [];
      const others = Object.keys(data.activities)
        .filter((a) => a !== goal && isFound(data, effect(data, a, lever.name, topic)) && of(a) !== null)
        .map((a) => [a, of(a)[0]]);
      const base = rates[goal], [part, low, high] = change;
      const { scope, times } = row;
      return [{ lever: lever.name, goal, scope, undo, base, effect: part, low, high, others, times }];
    }).sort((a, b) => size(b.effect) - size(a.effect));
  }

  // Levers of which goals ask for opposite steps: the goals that ask for the contrast, and those that ask against it.
  function conflicts(data, topic, values) {
    const asked = Object.keys(data.activities).filter((a) => !never(data, a, values))
      .flatMap((goal) => serving(data, goal, topic).map((s) => ({ goal, ...s })));
    return data.levers.filter((lever) => meant(lever, values)).map((lever) => {
      const goals = (undo) => asked.filter((s) => s.lever === lever && s.undo === undo).map((s) => s.goal);
      return { lever, goals: [goals(false), goals(true)] };
    }).filter((c) => c.goals.every((side) => side.length));
  }

  // The step of a lever that a draft can take: to the values after its contrast, or back. Null if there is none.
  function step(values, lever) {
    if (!meant(lever, values)) return null;
    const undo = alreadyThere(values, lever.from_to, false);
    const changes = ([name, pair]) => pair[undo ? 0 : 1] !== values[name];
    return Object.entries(lever.from_to).some(changes) ? { undo } : null;
  }

  // What a draft can change: the tips for a goal, the most helpful first, and its other steps with their net worth.
  // The goal "all" stands for the value of all actions; its tips are those whose worth is surely above zero.
  function changes(data, goal, topic, values, rates, value) {
    const every = goal === "all", net = (s) => worth(data, s.lever, topic, values, rates, value, s.undo);
    let listed = (every ? Object.keys(data.activities) : [goal]).flatMap((g) => tips(data, g, topic, values, rates))
      .map((tip) => ({ ...tip, net: net(tip) }));
    if (every) {
      const apart = new Map(listed.map((tip) => [`${tip.lever} ${tip.undo}`, tip]));
      listed = [...apart.values()].filter((tip) => tip.net[1] > 0).sort((a, b) => b.net[0] - a.net[0]);
    }
    const rest = data.levers.filter((lever) => !listed.some((tip) => tip.lever === lever.name)).flatMap((lever) => {
      const taken = step(values, lever);
      if (!taken) return [];
      const s = { lever: lever.name, undo: taken.undo, net: net({ lever: lever.name, undo: taken.undo }) };
      if (every) return [{ ...s, change: null, by: s.net[0], sure: s.net[1] > 0 || s.net[2] < 0 }];
      const change = gain(data, goal, s.lever, topic, values, s.undo);
      const by = change ? data.wanted[goal] * change[0] : -Infinity;
      return [{ ...s, change, by, sure: change !== null && change[3] }];
    }).sort((a, b) => b.sure - a.sure || b.by - a.by);
    return { tips: listed, rest };
  }

  // The rates and the values of a draft after some steps ({ lever, undo }), one after the other.
  function after(data, topic, values, rates, steps) {
    for (const { lever: name, undo } of steps) {
      const lever = data.levers.find((l) => l.name === name), before = values;
      if (!lever || !meant(lever, values) || alreadyThere(values, lever.from_to, undo)) continue;
      rates = Object.fromEntries(Object.entries(rates).map(([activity, of]) =>
        [activity, of * (1 + (gain(data, activity, name, topic, before, undo)?.[0] ?? 0))]));
      values = { ...values, ...changed(lever, undo) };
    }
    return { rates, values };
  }

  return { rate, gain, worth, percentile, alreadyThere, never, tips, conflicts, changes, after, withoutBias };
})();
