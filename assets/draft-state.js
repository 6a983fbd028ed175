// What an author has put into the draft panel, and what follows from it. Nothing here touches the page.
const DraftState = (() => {
  const LINK = "#draft=";
  const VIEWS = { min: 1, max: 1e8 };
  // Numbers that an author can correct: their limits, what is shown of a property, and the property of what is typed.
  const doublings = { shown: (v) => Math.round(2 ** v - 1), property: (v) => Math.log2(1 + v) };
  const percent = { shown: (v) => Math.round(100 * v), property: (v) => v / 100 };
  const NUMBERS = {
    words: { min: 1, max: 5000, ...doublings },
    emoji: { min: 0, max: 500, ...doublings },
    capitals: { min: 0, max: 100, ...percent },
    brightness: { min: 0, max: 100, ...percent },
    colour: { min: 0, max: 200, shown: Math.round, property: (v) => v },
  };
  const NEED_A_WORD = ["call", "you", "we", "this", "name", "extreme", "negative"];

  const blank = () => ({ text: "", photo: null, picture: "", fixed: {}, topic: null, tried: [] });

  // A number as people write it: "1 500", "0,5", "1,500.5". NaN if it is none.
  function parsed(text, language) {
    let plain = text.replace(/[\s\u00a0\u202f']/g, "").replace("−", "-");
    const [comma, point] = [plain.lastIndexOf(","), plain.lastIndexOf(".")];
    if (comma >= 0 && point >= 0) plain = plain.replaceAll(comma > point ? "." : ",", "");
    else if (language === "en" && /^-?\d{1,3}(,\d{3})+$/.test(plain)) plain = plain.replaceAll(",", "");
    return /^-?(\d+([.,]\d*)?|[.,]\d+)$/.test(plain) ? Number(plain.replace(",", ".")) : NaN;
  }

  // The fewest words that a text with these properties has.
  const fewestWords = (values) => Math.max(1, NEED_A_WORD.filter((name) => values[name] === 1).length);

  // Whether a property could be corrected to "yes" without contradicting the number of words.
  const possible = (values, name) => !NEED_A_WORD.includes(name) || values[name] === 1 || !("words" in values)
    || NUMBERS.words.shown(values.words) >= fewestWords({ ...values, [name]: 1 });

  // What is known of a draft: its properties, features, topic and rates, and both after the changes that are tried.
  function judged(data, reader, draft) {
    const { text, features } = reader.read(draft.text), written = features.has_text === 1;
    const read = {
      ...(written ? DraftText.properties(data.rules, "text", features) : {}),
      ...(draft.photo ? DraftText.properties(data.rules, "photo", draft.photo) : {}),
    };
    const values = Object.fromEntries(data.properties.filter((p) => p.name in read).map((p) => [p.name, read[p.name]]));
    const of = { text: written ? { ...features } : null, photo: draft.photo ? { ...draft.photo } : null };
    for (const [name, value] of Object.entries(draft.fixed)) {
      if (!(name in values)) continue;
      const { source, feature, formula } = data.rules.properties[name];
      values[name] = value;
      of[source][feature] = DraftText.featureOf(formula, value);
    }
    if (written && of.text.words !== features.words) { // a text of another length is folded by its length
      of.text.characters = Math.round(features.characters * of.text.words / Math.max(1, features.words));
      const [characters, lines] = data.rules.fold;
      of.text.folded = Number(of.text.characters > characters || features.line_breaks >= lines);
      if ("folded" in values) values.folded = of.text.folded;
    }
    const number = written ? TopicRule.topic(data.rule, text) : null;
    const found = Math.max(0, data.topics.findIndex((t, i) => i > 0 && t.number === number));
    const topic = draft.topic ?? found;
    const forecast = data.page ? DraftForecast.rates(data.page, of, text) : {};
    const condition = data.page ? DraftForecast.impossible(data.page, of) : {};
    const activities = Object.keys(data.activities), rates = {}, never = {};
    for (const a of activities) {
      never[a] = condition[a] ?? DraftScorer.never(data, a, values);
      rates[a] = never[a] ? 0 : forecast[a] ?? DraftScorer.rate(data, a, topic, values)[0];
    }
    const then = DraftScorer.after(data, topic, values, rates, draft.tried);
    return { text, written, values, topic, never, rates, then, empty: !Object.keys(read).length };
  }

  // The counts of one post that has a rate and some views, as {low, median, high}. Null without a forecast.
  function counts(data, activity, rate, views, level) {
    if (!data.page) return null;
    return DraftForecast.counts(rate, DraftForecast.rho(data.page, activity, rate), views, level);
  }

  // The probability that draft A is better for a goal than draft B. Null without a forecast.
  function winning(data, goal, [a, b]) {
    if (!data.page || goal === "all") return null;
    const rates = [a, b].map((draft) => draft.then.rates[goal]);
    const rhos = rates.map((rate) => DraftForecast.rho(data.page, goal, rate));
    const more = DraftForecast.winProbability(data.winner, rates, rhos);
    return data.wanted[goal] > 0 ? more : 1 - more;
  }

  function toLink(state) {
    const kept = { ...state, drafts: state.drafts.map(({ picture, ...draft }) => draft) };
    const bytes = Array.from(new TextEncoder().encode(JSON.stringify(kept)), (b) => String.fromCharCode(b));
    return LINK + btoa(bytes.join(""));
  }

  // The state in a link; only what is as expected is taken. Null if it is no such link.
  function fromLink(data, link) {
    if (!link.startsWith(LINK)) return null;
    let from;
    try {
      const bytes = Uint8Array.from(atob(link.slice(LINK.length)), (c) => c.charCodeAt(0));
      from = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      return null;
    }
    const finite = (of, known) =>
      Object.fromEntries(Object.entries(of ?? {}).filter(([name, v]) => known.includes(name) && Number.isFinite(v)));
    const activities = Object.keys(data.activities), names = data.properties.map((p) => p.name);
    const draft = (given) => {
      const photo = finite(given?.photo, DraftPhoto.NAMES), text = given?.text;
      const tried = Array.isArray(given?.tried) ? given.tried : [], topic = given?.topic;
      return {
        ...blank(),
        text: typeof text === "string" ? text : "",
        photo: Object.keys(photo).length === DraftPhoto.NAMES.length ? photo : null,
        fixed: finite(given?.fixed, names),
        topic: Number.isInteger(topic) && topic >= 0 && topic < data.topics.length ? topic : null,
        tried: tried.filter((t) => data.levers.some((l) => l.name === t?.lever))
          .map((t) => ({ lever: t.lever, undo: t.undo === true })),
      };
    };
    return {
      goal: activities.includes(from?.goal) || from?.goal === "all" ? from.goal : activities[0],
      views: from?.views >= VIEWS.min && from?.views <= VIEWS.max ? Math.round(from.views) : null,
      drafts: [0, 1].map((at) => draft(from?.drafts?.[at])),
      at: from?.at === 1 && from?.two === true ? 1 : 0,
      two: from?.two === true,
      value: { ...data.value, ...finite(from?.value, activities) },
    };
  }

  return { VIEWS, NUMBERS, blank, parsed, fewestWords, possible, judged, counts, winning, toLink, fromLink };
})();
