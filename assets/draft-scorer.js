// The draft scorer of chapter 6. It does the same arithmetic as lib/advice/scorer.py; a test checks that they agree.
const DraftScorer = (() => {
  const Z = 1.959963984540054, FALSE_DISCOVERY_RATE = 0.05, MIN_EFFECT = 0.03;
  const expit = (eta) => 1 / (1 + Math.exp(-eta));
  const row = (data, values) => [1, ...data.properties.map((c) => (c.name in values ? values[c.name] : c.median))];
  const eta = (of, x) => x.reduce((sum, v, i) => sum + v * (i ? of.slopes[i - 1] : of.level), 0);
  const never = (data, model, x) =>
    data.properties.some((c, i) => c.name in model.never && x[i + 1] === model.never[c.name]);

  // x' C x, where cov holds the lower triangle of C row by row.
  function form(cov, x) {
    let sum = 0;
    for (let i = 0, at = 0; i < x.length; i++)
      for (let j = 0; j <= i; j++, at++) sum += (i === j ? 1 : 2) * x[i] * x[j] * cov[at];
    return sum;
  }

  function rate(data, activity, topic, values) {
    const model = data.activities[activity], of = model.topics[topic], x = row(data, values);
    if (never(data, model, x)) return [0, 0, 0];
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

  // Relative change of a rate with its interval, and whether it is a discovery; null if there is none.
  function gain(data, activity, name, topic, values, undo) {
    const found = effect(data, activity, name, topic), lever = data.levers.find((l) => l.name === name);
    const to = Object.fromEntries(Object.entries(lever.from_to).map(([p, pair]) => [p, pair[undo ? 0 : 1]]));
    const model = data.activities[activity], ends = [values, { ...values, ...to }];
    if (found === null || found.effect === null || ends.some((v) => never(data, model, row(data, v)))) return null;
    const part = share(lever.from_to, values, undo), of = (end) => (1 + end) ** part - 1;
    const [low, high] = [of(found.low), of(found.high)].sort((x, y) => x - y);
    return [of(found.effect), low, high, found.q !== null && found.q <= FALSE_DISCOVERY_RATE];
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

  function alreadyThere(values, fromTo) {
    return Object.entries(fromTo).every(([name, [low, high]]) =>
      (name === "words" && "folded" in fromTo) || (values[name] - high) * Math.sign(high - low) >= 0);
  }

  // The step of a lever: to the values after its contrast, or back if the draft already has them. Null if the lever is
  // not for this draft, or the step changes nothing.
  function step(values, lever) {
    if (lever.folded !== null && values.folded !== Number(lever.folded)) return null;
    const back = alreadyThere(values, lever.from_to);
    const to = Object.fromEntries(Object.entries(lever.from_to).map(([name, [low, high]]) => [name, back ? low : high]));
    return Object.keys(to).some((name) => to[name] !== values[name]) ? { to, back } : null;
  }

  // ---- the page

  const SAYS = {
    heading: { en: "Score a draft", ru: "Оцените черновик" },
    language: { en: "Русский", ru: "English" },
    topic: { en: "Topic", ru: "Тема" },
    any: { en: "any topic", ru: "любая тема" },
    text: { en: "Text", ru: "Текст" },
    photo: { en: "Photo", ru: "Фото" },
    goal: { en: "What you want", ru: "Чего вы хотите" },
    rates: { en: "Expected per 10,000 views", ru: "Ожидается на 10 000 просмотров" },
    activity: { en: "action", ru: "действие" },
    expected: { en: "expected", ru: "ожидается" },
    interval: { en: "95 % interval", ru: "95 %-й интервал" },
    above: { en: "above … of the feed", ru: "выше … постов" },
    steps: { en: "What each change would do", ru: "Что даст каждая правка" },
    change: { en: "change", ru: "правка" },
    effect: { en: "effect", ru: "эффект" },
    others: { en: "also", ru: "ещё" },
    unsure: { en: "not clear", ru: "неясно" },
  };
  const KINDS = {
    emoji: { min: 0, max: 30, step: 1, to: (v) => Math.log2(1 + v), from: (v) => Math.round(2 ** v - 1) },
    words: { min: 0, max: 1000, step: 1, to: (v) => Math.log2(1 + v), from: (v) => Math.round(2 ** v - 1) },
    capitals: { min: 0, max: 100, step: 1, to: (v) => v / 100, from: (v) => Math.round(100 * v) },
    brightness: { min: 0, max: 1, step: 0.01, to: (v) => v, from: (v) => v.toFixed(2) },
    colour: { min: 0, max: 150, step: 1, to: (v) => v, from: (v) => Math.round(v) },
  };
  const SHAPES = [[9, 16], [3, 4], [1, 1], [4, 3], [16, 9]];

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties))
      name in made ? (made[name] = value) : made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function start(root, data) {
    let language = "en";
    const values = Object.fromEntries(data.properties.map((c) => [c.name, c.binary ? Math.round(c.median) : c.median]));
    let topic = 0, goal = Object.keys(data.activities)[0];
    const say = (key) => SAYS[key][language];
    const number = (v, digits) => v.toLocaleString(language,
      { maximumFractionDigits: digits, minimumFractionDigits: digits });
    const per10000 = (v) => number(1e4 * v, 1e4 * v >= 99.5 ? 0 : 1e4 * v >= 9.95 ? 1 : 2);
    const percent = (v) => v >= 4 ? `×\u00a0${number(1 + v, 1)}`
      : `${v < 0 ? "−" : "+"}${number(Math.abs(100 * v), Math.abs(v) < 0.095 ? 1 : 0)}\u00a0%`;
    const output = element("div", { className: "scored" });
    output.setAttribute("aria-live", "polite");
    output.setAttribute("aria-atomic", "false");

    function input(property) {
      const id = `draft-${property.name}`, kind = KINDS[property.name];
      const label = element("label", { htmlFor: id }, data.words[language].properties[property.name]);
      const set = (value) => { values[property.name] = value; score(); };
      if (property.binary) {
        const box = element("input", { type: "checkbox", id, checked: values[property.name] === 1 });
        box.addEventListener("change", () => set(Number(box.checked)));
        return element("div", { className: "yes-no" }, box, label);
      }
      if (property.name === "shape") {
        const near = SHAPES.reduce((a, b) => Math.abs(Math.log2(a[0] / a[1]) - values.shape)
          <= Math.abs(Math.log2(b[0] / b[1]) - values.shape) ? a : b);
        const choice = element("select", { id },
          ...SHAPES.map((s) => element("option", { value: Math.log2(s[0] / s[1]), selected: s === near }, s.join(" : "))));
        values.shape = Math.log2(near[0] / near[1]);
        choice.addEventListener("change", () => set(Number(choice.value)));
        return element("div", {}, label, choice);
      }
      const field = element("input", { type: "number", id, min: kind.min, max: kind.max, step: kind.step,
        value: kind.from(values[property.name]), inputMode: kind.step < 1 ? "decimal" : "numeric" });
      field.addEventListener("input", () => {
        const v = field.valueAsNumber;
        if (Number.isFinite(v)) set(kind.to(Math.min(Math.max(v, kind.min), kind.max)));
      });
      return element("div", {}, label, field);
    }

    function chooser(id, label, options, chosen, choose) {
      const list = element("select", { id }, ...options.map(([value, text]) =>
        element("option", { value, selected: String(value) === String(chosen) }, text)));
      list.addEventListener("change", () => { choose(list.value); score(); });
      return element("div", {}, element("label", { htmlFor: id }, label), list);
    }

    function table(heads, rows) {
      return element("div", { className: "scroll" }, element("table", { className: "table table-sm" },
        element("thead", {}, element("tr", {}, ...heads.map((h) => element("th", { scope: "col" }, h)))),
        element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((c, i) =>
          i ? element("td", {}, c) : element("th", { scope: "row" }, c)))))));
    }

    function score() {
      const rates = Object.keys(data.activities).map((activity) => {
        const [mean, low, high] = rate(data, activity, topic, values);
        const above = number(100 * percentile(data, activity, mean), 0);
        return [data.words[language].activities[activity], per10000(mean), `${per10000(low)} – ${per10000(high)}`, `${above} %`];
      });
      const steps = data.levers.map((lever) => ({ lever, taken: step(values, lever) })).filter((s) => s.taken)
        .map(({ lever, taken }) => {
          const of = (activity) => gain(data, activity, topic, values, taken.to);
          // The effect is a discovery, in all topics or in this one, and its interval for this draft excludes zero.
          const sure = (a) => {
            const g = of(a), own = data.activities[a].topics[topic].own;
            return g !== null && (lever.found.includes(a) || own.some((name) => name in lever.from_to)) && (g[1] > 0 || g[2] < 0);
          };
          const others = Object.keys(data.activities).filter((a) => a !== goal && sure(a))
            .map((a) => `${data.words[language].activities[a]} ${percent(of(a)[0])}`);
          return { words: data.words[language].levers[lever.name][Number(taken.back)], gain: of(goal), sure: sure(goal), others };
        }).filter((s) => s.gain);
      steps.sort((a, b) => b.sure - a.sure || data.wanted[goal] * (b.gain[0] - a.gain[0]));
      output.replaceChildren(
        element("h4", {}, say("rates")),
        table([say("activity"), say("expected"), say("interval"), say("above")], rates),
        element("h4", {}, `${say("steps")}: ${data.words[language].goals[goal]}`),
        table([say("change"), say("effect"), say("interval")], steps.map((s) => [
          s.others.length ? element("span", {}, s.words, element("small", {}, `${say("others")}: ${s.others.join("; ")}`)) : s.words,
          s.sure ? element("strong", {}, percent(s.gain[0])) : element("span", { className: "unsure" }, say("unsure")),
          `${percent(s.gain[1])} … ${percent(s.gain[2])}`])),
      );
    }

    function draw() {
      const part = (source) => data.properties.filter((c) => c.source === source).map(input);
      const toggle = element("button", { type: "button", lang: language === "ru" ? "en" : "ru" },
        say("language"));
      toggle.addEventListener("click", () => { language = language === "ru" ? "en" : "ru"; draw(); root.querySelector("button").focus(); });
      const topics = data.topics.map((t, i) => [i, i ? `${t.words} (${t.posts})` : say("any")]);
      const goals = Object.keys(data.activities).map((a) => [a, data.words[language].goals[a]]);
      const sets = ["text", "photo"].filter((s) => part(s).length).map((s) =>
        element("fieldset", {}, element("legend", {}, say(s)), element("div", { className: "inputs" }, ...part(s))));
      const form = element("form", {},
        element("div", { className: "inputs" },
          chooser("draft-topic", say("topic"), topics, topic, (v) => { topic = Number(v); }),
          chooser("draft-goal", say("goal"), goals, goal, (v) => { goal = v; })),
        ...sets);
      form.addEventListener("submit", (event) => event.preventDefault());
      root.lang = language;
      root.setAttribute("aria-label", say("heading"));
      root.replaceChildren(element("div", { className: "top" }, element("strong", {}, say("heading")), toggle), form, output);
      score();
    }

    draw();
  }

  return { rate, gain, worth, percentile, alreadyThere, step, start };
})();
if (typeof module !== "undefined") module.exports = DraftScorer;
