// The draft scorer of chapter 6. It does the same arithmetic as lib/advice/scorer.py; a test checks that they agree.
const DraftScorer = (() => {
  const Z = 1.959963984540054;
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

  const isFound = (data, r) => r !== null && r.effect !== null && r.q !== null && r.q <= data.false_discovery_rate;

  // Relative change of a rate with its interval, and whether it is a discovery; null if there is none.
  function gain(data, activity, name, topic, values, undo) {
    const found = effect(data, activity, name, topic), lever = data.levers.find((l) => l.name === name);
    const to = Object.fromEntries(Object.entries(lever.from_to).map(([p, pair]) => [p, pair[undo ? 0 : 1]]));
    const ends = [values, { ...values, ...to }];
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

  // Whether a draft has the values after a contrast, or is beyond them (before it, if undo).
  function alreadyThere(values, fromTo, undo) {
    return Object.entries(fromTo).every(([name, [low, high]]) => {
      const [near, far] = undo ? [high, low] : [low, high];
      return (name === "words" && "folded" in fromTo) || !(name in values)
        || (values[name] - far) * Math.sign(far - near) >= 0;
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
  function tips(data, goal, topic, values) {
    return serving(data, goal, topic).flatMap(({ lever, row, undo }) => {
      if (!meant(lever, values) || alreadyThere(values, lever.from_to, undo)) return [];
      const of = (activity) => gain(data, activity, lever.name, topic, values, undo), change = of(goal);
      if (change === null || size(change[0]) < Math.log1p(data.min_effect)) return [];
      const others = Object.keys(data.activities)
        .filter((a) => a !== goal && isFound(data, effect(data, a, lever.name, topic)) && of(a) !== null)
        .map((a) => [a, of(a)[0]]);
      const [base] = rate(data, goal, topic, values), [part, low, high] = change;
      return [{ lever: lever.name, goal, scope: row.scope, undo, base, effect: part, low, high, others, times: row.times }];
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

  // ---- the page

  const SAYS = {
    heading: { en: "Score a draft", ru: "Оцените черновик" },
    language: { en: "Русский", ru: "English" },
    topic: { en: "Topic", ru: "Тема" },
    any: { en: "any topic", ru: "любая тема" },
    text: { en: "Text", ru: "Текст" },
    photo: { en: "Photo", ru: "Фото" },
    hasPhoto: { en: "has a photo", ru: "есть фото" },
    goal: { en: "What you want", ru: "Чего вы хотите" },
    all: { en: "the most value of all actions", ru: "больше ценности всех действий" },
    weights: { en: "What one action is worth to you", ru: "Сколько для вас стоит одно действие" },
    bias: { en: "allow for the bias of comparing posts", ru: "учесть смещение, неизбежное при сравнении постов" },
    weightsHint: { en: "Below zero: an action you don't want.", ru: "Меньше нуля: нежелательное действие." },
    rates: { en: "Expected per 10,000 views", ru: "Ожидается на 10\u00a0000 просмотров" },
    source: {
      en: "By the regression of this page, for the average post with these properties. The command “advise” forecasts the text and photo themselves with the saved model, so its rates differ; its tips are the same.",
      ru: "По регрессии этой страницы, для среднего поста с такими свойствами. Команда «advise» прогнозирует сам текст и само фото по сохранённой модели, поэтому частоты у неё другие; советы те же.",
    },
    activity: { en: "action", ru: "действие" },
    expected: { en: "expected", ru: "ожидается" },
    interval: { en: "95 % interval", ru: "95 %-й интервал" },
    above: { en: "above … of the feed", ru: "выше … постов" },
    tips: { en: "Tips", ru: "Советы" },
    steps: { en: "Other changes", ru: "Другие правки" },
    change: { en: "change", ru: "правка" },
    effect: { en: "effect", ru: "эффект" },
    worth: { en: "worth per 1,000 views, 95 % interval", ru: "ценность на 1000 просмотров, 95 %-й интервал" },
    others: { en: "also", ru: "ещё" },
    unsure: { en: "not clear", ru: "неясно" },
    conflicts: { en: "Can't be had together", ru: "Вместе не получить" },
    or: { en: "or", ru: "или" },
    everywhere: { en: "everywhere", ru: "в любой теме" },
    inside: { en: "in posts about “{}”", ru: "в теме «{}»" },
    fromTo: { en: "from {} to {} per 10,000 views", ru: "с {} до {} на 10\u00a0000 просмотров" },
    likely: { en: "likely {} to {}", ru: "вероятно от {} до {}" },
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

  function start(root, given) {
    let language = "en", data = given;
    const drafted = Object.fromEntries(data.properties.map((c) => [c.name, c.binary ? Math.round(c.median) : c.median]));
    const activities = Object.keys(data.activities), value = { ...data.value };
    const photos = data.properties.filter((c) => c.source === "photo").map((c) => c.name);
    let topic = 0, goal = activities[0], photo = photos.length > 0, weighing = false;
    const say = (key, ...given) => given.reduce((text, each) => text.replace("{}", () => each), SAYS[key][language]);
    const words = () => data.words[language];
    const number = (v, digits) => v.toLocaleString(language,
      { maximumFractionDigits: digits, minimumFractionDigits: digits });
    const per10000 = (v) => number(1e4 * v, 1e4 * v >= 99.5 ? 0 : 1e4 * v >= 9.95 ? 1 : 2);
    const percent = (v) => v >= 4 ? `×\u00a0${number(1 + v, 1)}`
      : `${v < 0 ? "−" : "+"}${number(Math.abs(100 * v), Math.abs(v) < 0.095 ? 1 : 0)}\u00a0%`;
    const signed = (v, shown) => `${v < 0 ? "−" : "+"}${shown(Math.abs(v))}`;
    const short = (v) => v >= 10 ? number(v, 0) : v.toLocaleString(language, { maximumSignificantDigits: 2 });
    const likely = (of, low, high) => say("likely", ...[low, high].map((v) =>
      of >= 4 ? `×\u00a0${number(1 + v, 1)}` : percent(v)));
    const output = element("div", { className: "scored" });
    output.setAttribute("aria-live", "polite");
    output.setAttribute("aria-atomic", "false");

    function input(property) {
      const id = `draft-${property.name}`, kind = KINDS[property.name];
      const label = element("label", { htmlFor: id }, words().properties[property.name]);
      const set = (value) => { drafted[property.name] = value; score(); };
      if (property.binary) {
        return yesNo(id, words().properties[property.name], drafted[property.name] === 1, (v) => set(Number(v)));
      }
      if (property.name === "shape") {
        const near = SHAPES.reduce((a, b) => Math.abs(Math.log2(a[0] / a[1]) - drafted.shape)
          <= Math.abs(Math.log2(b[0] / b[1]) - drafted.shape) ? a : b);
        const choice = element("select", { id },
          ...SHAPES.map((s) => element("option", { value: Math.log2(s[0] / s[1]), selected: s === near }, s.join(" : "))));
        drafted.shape = Math.log2(near[0] / near[1]);
        choice.addEventListener("change", () => set(Number(choice.value)));
        return element("div", {}, label, choice);
      }
      const field = element("input", { type: "number", id, min: kind.min, max: kind.max, step: kind.step,
        value: kind.from(drafted[property.name]), inputMode: kind.step < 1 ? "decimal" : "numeric" });
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

    function yesNo(id, text, checked, set) {
      const box = element("input", { type: "checkbox", id, checked });
      box.addEventListener("change", () => set(box.checked));
      return element("div", { className: "yes-no" }, box, element("label", { htmlFor: id }, text));
    }

    function weight(activity) {
      const id = `draft-value-${activity}`;
      const field = element("input", { type: "number", id, step: "any", value: value[activity] });
      field.addEventListener("input", () => {
        if (Number.isFinite(field.valueAsNumber)) { value[activity] = field.valueAsNumber; score(); }
      });
      return element("div", {}, element("label", { htmlFor: id }, words().activities[activity]), field);
    }

    function table(title, heads, rows) {
      return element("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": title },
        element("table", { className: "table table-sm" },
          element("thead", {}, element("tr", {}, ...heads.map((h) => element("th", { scope: "col" }, h)))),
          element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((c, i) =>
            i ? element("td", {}, c) : element("th", { scope: "row" }, c)))))));
    }

    const small = (text) => element("small", {}, text);
    const stacked = (first, ...below) => element("span", {}, first, ...below.filter((text) => text).map(small));
    const list = (changes) => changes.map(([a, change]) => `${words().activities[a]} ${percent(change)}`).join("; ");

    const quoted = (text) => language === "en" ? `“${text}”` : `«${text}»`;

    // The posts that an effect holds for.
    function where({ lever, goal, scope }) {
      const name = (at) => data.topics[at].words;
      if (scope === "all") return say("everywhere");
      if (scope !== "elsewhere") return say("inside", name(scope));
      const named = data.effects.filter((r) => r.lever === lever && r.activity === goal && data.topics[r.scope]);
      const names = named.map((r) => quoted(name(r.scope))), last = names.pop();
      const joined = names.length ? `${names.join(", ")} ${language === "en" ? "and" : "и"} ${last}` : last;
      return `${language === "en" ? "outside" : names.length ? "вне тем" : "вне темы"} ${joined}`;
    }

    function strength({ times }) {
      return times === null ? "" : (times < 1 ? words().weak : words().strong).replace("{}", () => number(times, 1));
    }

    function score() {
      const values = Object.fromEntries(Object.entries(drafted).filter(([name]) => photo || !photos.includes(name)));
      const rates = Object.fromEntries(activities.map((a) => [a, rate(data, a, topic, values)]));
      const expected = Object.fromEntries(activities.map((a) => [a, rates[a][0]]));
      const netOf = (s) => worth(data, s.lever, topic, values, expected, value, s.undo);
      const worthCell = ([change, low, high]) => stacked(signed(1e3 * change, short),
        [low, high].map((v) => signed(1e3 * v, short)).join(" … "));
      const does = (s) => words().levers[s.lever][Number(s.undo)];
      const key = (s) => `${s.lever} ${s.undo}`;

      // The activities that a step is known to change.
      const surely = (s) => list(activities.map((a) => [a, gain(data, a, s.lever, topic, values, s.undo)])
        .filter(([, change]) => change && change[3]).map(([a, change]) => [a, change[0]]));

      const rateRows = activities.map((activity) => {
        const [mean, low, high] = rates[activity], why = never(data, activity, values);
        const above = number(100 * percentile(data, activity, mean), 0);
        if (why) return [stacked(words().activities[activity], words().never[activity][why]), "0", "0", "–"];
        return [words().activities[activity], per10000(mean), `${per10000(low)} – ${per10000(high)}`, `${above}\u00a0%`];
      });

      const every = goal === "all";
      let listed = (every ? activities : [goal]).flatMap((g) => tips(data, g, topic, values));
      if (every) {
        listed = [...new Map(listed.map((tip) => [key(tip), tip])).values()].filter((tip) => netOf(tip)[1] > 0);
        listed.sort((a, b) => netOf(b)[0] - netOf(a)[0]);
      }
      const tipRows = listed.map((tip) => {
        const [before, after] = [tip.base, tip.base * (1 + tip.effect)].map(per10000);
        const sizes = `${percent(tip.effect)}, ${likely(tip.effect, tip.low, tip.high)}`;
        const goalName = every ? `${words().activities[tip.goal]}: ` : "";
        return [
          stacked(does(tip), where(tip), tip.others.length && `${say("others")}: ${list(tip.others)}`, strength(tip)),
          stacked(`${goalName}${say("fromTo", before, after)}`, sizes),
          worthCell(netOf(tip)),
        ];
      });

      const rest = data.levers.filter((lever) => !listed.some((tip) => tip.lever === lever.name)).flatMap((lever) => {
        const taken = step(values, lever);
        if (!taken) return [];
        const s = { lever: lever.name, undo: taken.undo }, net = netOf(s);
        if (every && net[0] === 0) return [];
        if (every) return [{ s, net, by: net[0], sure: net[1] > 0 || net[2] < 0 }];
        const change = gain(data, goal, s.lever, topic, values, s.undo);
        return change ? [{ s, net, change, by: data.wanted[goal] * change[0], sure: change[3] }] : [];
      }).sort((a, b) => b.sure - a.sure || b.by - a.by);
      const restRows = rest.map(({ s, net, change, sure }) => {
        const clear = (text) => sure ? text : element("span", { className: "unsure" }, say("unsure"));
        return change
          ? [does(s), stacked(clear(percent(change[0])), likely(change[0], change[1], change[2])), worthCell(net)]
          : [does(s), surely(s) || clear(""), worthCell(net)];
      });

      const apart = conflicts(data, topic, values).map(({ lever, goals }) => {
        const sides = goals.map((side, at) => `${quoted(does({ lever: lever.name, undo: at === 1 }))} (${side.map((g) => words().goals[g]).join(", ")})`);
        return element("li", {}, sides.join(` ${say("or")} `));
      });

      const heads = [say("change"), say("effect"), say("worth")];
      const title = `${say("tips")}: ${every ? say("all") : words().goals[goal]}`;
      const blocked = !every && never(data, goal, values);
      output.replaceChildren(
        ...(data.simulated ? [element("p", { className: "note" }, element("strong", {}, words().warning))] : []),
        element("h4", {}, title),
        tipRows.length ? table(title, heads, tipRows)
          : element("p", {}, blocked ? words().never[goal][blocked] : words().none),
        ...(apart.length ? [element("h4", {}, say("conflicts")), element("ul", {}, ...apart)] : []),
        ...(restRows.length ? [element("h4", {}, say("steps")), table(say("steps"), heads, restRows)] : []),
        element("h4", {}, say("rates")),
        table(say("rates"), [say("activity"), say("expected"), say("interval"), say("above")], rateRows),
        element("p", { className: "note" }, `${say("source")} ${data === given ? words().note : words().narrow}`),
      );
    }

    function draw() {
      const part = (source) => data.properties.filter((c) => c.source === source).map(input);
      const toggle = element("button", { type: "button", lang: language === "ru" ? "en" : "ru" },
        say("language"));
      toggle.addEventListener("click", () => { language = language === "ru" ? "en" : "ru"; draw(); root.querySelector("button").focus(); });
      const topics = data.topics.map((t, i) => [i, i ? `${t.words} (${t.posts})` : say("any")]);
      const goals = [...activities.map((a) => [a, words().goals[a]]), ["all", say("all")]];
      const sets = ["text", "photo"].filter((s) => part(s).length).map((s) => {
        const fields = part(s), set = element("fieldset", {}, element("legend", {}, say(s)));
        const able = () => fields.forEach((f) => f.querySelectorAll("input, select").forEach((i) => { i.disabled = !photo; }));
        if (s === "photo") {
          set.append(yesNo("draft-has-photo", say("hasPhoto"), photo, (v) => { photo = v; able(); score(); }));
          able();
        }
        set.append(element("div", { className: "inputs" }, ...fields));
        return set;
      });
      const weights = element("details", { open: weighing }, element("summary", {}, say("weights")),
        element("p", { className: "note" }, say("weightsHint")),
        element("div", { className: "inputs" }, ...activities.map(weight)));
      weights.addEventListener("toggle", () => { weighing = weights.open; });
      const form = element("form", {},
        element("div", { className: "inputs" },
          chooser("draft-topic", say("topic"), topics, topic, (v) => { topic = Number(v); }),
          chooser("draft-goal", say("goal"), goals, goal, (v) => { goal = v; })),
        yesNo("draft-bias", say("bias"), data === given, (v) => { data = v ? given : withoutBias(given); score(); }),
        weights, ...sets);
      form.addEventListener("submit", (event) => event.preventDefault());
      root.lang = language;
      root.setAttribute("aria-label", say("heading"));
      root.replaceChildren(element("div", { className: "top" }, element("strong", {}, say("heading")), toggle), form, output);
      score();
    }

    draw();
  }

  return { rate, gain, worth, percentile, alreadyThere, never, tips, conflicts, withoutBias, start };
})();
if (typeof module !== "undefined") module.exports = DraftScorer;
