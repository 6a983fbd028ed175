// The draft panel of a page: an author types a draft and sees what to change. lib/report/panel.py gives the data and
// all words. What is typed or dropped is only ever shown as text, and never leaves the page.
const DraftPanel = (() => {
  const WAIT = 1200; // ms without a key before the summary is announced
  const CARDS = 3, LEVEL = 0.9; // of the interval of one post's counts
  const SHAPES = [[9, 16], [3, 4], [1, 1], [4, 3], [16, 9]];
  const { NUMBERS, VIEWS } = DraftState;

  const shortened = (text) => text.length > 160 ? `${text.slice(0, 160).trim()}…` : text;
  const capitalised = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
  const small = (...children) => element("p", { className: "small" }, ...children);
  const button = (key, text, click, more = {}) =>
    element("button", { type: "button", key, on: { click }, ...more }, text);

  // Puts the focus back where it was before elements were replaced.
  function keepingFocus(root, replace) {
    const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    replace();
    if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  function start(root, all) {
    const reader = DraftText.reader(all.rules), activities = Object.keys(all.activities);
    const fresh = () => ({ drafts: [DraftState.blank(), DraftState.blank()], at: 0, two: false, views: null });
    const ofPage = () => document.documentElement.lang.startsWith("ru") ? "ru" : "en";
    let state = { ...fresh(), goal: activities[0], value: { ...all.value } };
    state = DraftState.fromLink(all, location.hash) ?? state;
    let data = all, waiting = 0, vectors = null;
    const open = new Set();
    const status = element("p", { className: "hidden", role: "status" });
    const summary = element("p", { className: "summary" }), chips = element("div", {});
    const output = element("div", {}), read = element("summary", {}), examples = element("div", { className: "line" });
    const reading = element("details", {}, read, chips);

    const draft = () => state.drafts[state.at];
    const words = () => all.words[ofPage()];
    const filled = (text, given) => given.reduce((part, each) => part.replace("{}", () => each), text);
    const say = (key, ...given) => filled(words().say[key], given);
    const number = (v, digits) =>
      v.toLocaleString(ofPage(), { maximumFractionDigits: digits, minimumFractionDigits: digits });
    const whole = (v) => number(Math.round(v), 0);
    const per10000 = (v) => number(1e4 * v, 1e4 * v >= 99.5 ? 0 : 1e4 * v >= 9.95 ? 1 : 2);
    const times = (v) => `×\u00a0${number(1 + v, 1 + v >= 99.5 ? 0 : 1)}`;
    const share = (v) => `${v < 0 ? "−" : "+"}${number(Math.abs(100 * v), Math.abs(v) < 0.095 ? 1 : 0)}\u00a0%`;
    const percent = (v) => (v >= 4 ? times : share)(v);
    const rounded = (v) => v.toLocaleString(ofPage(), { maximumSignificantDigits: 2 });
    const signed = (v) => `${v < 0 ? "−" : "+"}${rounded(Math.abs(v))}`;
    const likely = (of, low, high) => say("likely", ...[low, high].map(of >= 4 ? times : share));
    const quoted = (text) => say("quoted", text);
    const does = (s) => words().levers[s.lever][Number(s.undo)];
    const worth = ([change, low, high]) => say("worth", ...[change, low, high].map((v) => signed(1e3 * v)));
    const listed = (changes) => changes.map(([a, change]) => `${words().activities[a]} ${percent(change)}`).join(", ");

    // A part that opens on tap, and stays open when it is drawn again.
    const part = (key, title, ...inside) => element("details", { open: open.has(key), on: {
      toggle: (event) => open[event.target.open ? "add" : "delete"](key),
    } }, element("summary", { key }, title), ...inside);

    // ---- fields

    // A number with its label, and with what is wrong with it beside it.
    function field(id, label, shown, { min, max }, set, optional = false) {
      const wrong = element("span", { className: "wrong", id: `${id}-wrong` });
      const input = element("input", { id, key: id, type: "text", inputMode: "decimal", value: shown,
        autocomplete: "off", "aria-describedby": wrong.id });
      input.addEventListener("input", () => {
        const v = DraftState.parsed(input.value, ofPage()), none = input.value.trim() === "";
        const fault = none ? (optional ? "" : say("empty")) : Number.isNaN(v) ? say("noNumber")
          : v < min || v > max ? say("outside", whole(min), whole(max)) : "";
        wrong.textContent = fault;
        input.setAttribute("aria-invalid", String(fault !== ""));
        if (!fault) set(none ? null : v);
      });
      return element("div", { className: "field" }, element("label", { htmlFor: id }, label), input, wrong);
    }

    function chooser(id, label, options, chosen, choose) {
      const choices = options.map(([value, text]) =>
        element("option", { value, selected: String(value) === String(chosen) }, text));
      const list = element("select", { id, key: id, on: { change: () => choose(list.value) } }, ...choices);
      return element("div", { className: "field" }, element("label", { htmlFor: id }, label), list);
    }

    function forgetPhoto(of) {
      if (of.picture) URL.revokeObjectURL(of.picture);
      for (const p of all.properties) if (p.source === "photo") delete of.fixed[p.name];
      Object.assign(of, { photo: null, picture: "" });
    }

    async function takePhoto(file) {
      const of = draft(), image = new Image(), wrong = root.querySelector(".photo .wrong");
      image.src = URL.createObjectURL(file);
      try {
        await image.decode();
        const photo = DraftPhoto.measureImage(all.rules, image);
        forgetPhoto(of);
        Object.assign(of, { photo, picture: image.src });
        draw();
      } catch {
        wrong.textContent = say("noPhoto");
      }
    }

    // ---- what was read

    function chip({ values }, { name, binary }) {
      const label = words().properties[name], fix = (v) => { draft().fixed[name] = v; score(); };
      if (name === "shape") {
        const miss = (s) => Math.abs(Math.log2(s[0] / s[1]) - values.shape);
        const near = SHAPES.reduce((a, b) => miss(a) <= miss(b) ? a : b), value = (s) => Math.log2(s[0] / s[1]);
        const options = SHAPES.map((s) => [value(s), s.join(" : ")]);
        return chooser("draft-shape", label, options, value(near), (v) => fix(Number(v)));
      }
      if (!binary) {
        const { shown, property, min, max } = NUMBERS[name];
        const limits = { min: name === "words" ? DraftState.fewestWords(values) : min, max };
        return field(`draft-${name}`, label, whole(shown(values[name])), limits, (v) => fix(property(v)));
      }
      const on = values[name] === 1, className = on ? "chip on" : "chip";
      if (name === "folded") return element("span", { className, title: say("byLength") }, label);
      return button(`chip-${name}`, label, () => fix(on ? 0 : 1),
        { className, "aria-pressed": String(on), disabled: !DraftState.possible(values, name) });
    }

    function drawChips(found) {
      const has = all.properties.filter((p) => p.name in found.values), is = (p) => found.values[p.name] === 1;
      const topics = all.topics.map((t, i) => [i, i ? `${t.words} (${whole(t.posts)})` : say("anyTopic")]);
      const fixed = Object.keys(draft().fixed).length > 0 || draft().topic !== null;
      const [numbers, yesNo] = [false, true].map((binary) => has.filter((p) => p.binary === binary));
      const shown = (some) => some.map((p) => chip(found, p));
      const forget = () => { Object.assign(draft(), { fixed: {}, topic: null }); score(); };
      chips.replaceChildren(
        element("div", { className: "inputs narrow" },
          chooser("draft-topic", say("topic"), topics, found.topic, (v) => { draft().topic = Number(v); score(); }),
          ...shown(numbers)),
        element("div", { className: "line" }, ...shown(yesNo.filter(is)), ...shown(yesNo.filter((p) => !is(p))),
          fixed ? button("unfix", say("unfix"), forget) : ""));
    }

    function readAs({ values, topic }) {
      const counts = ["words", "emoji"].filter((name) => name in values)
        .map((name) => [name, NUMBERS[name].shown(values[name])]);
      return [
        topic ? quoted(all.topics[topic].words) : "",
        ...counts.filter(([, n]) => n > 0).map(([name, n]) => `${words().properties[name]}: ${whole(n)}`),
        ...all.properties.filter((p) => p.binary && values[p.name] === 1).map((p) => words().properties[p.name]),
        draft().photo ? say("hasPhoto") : "",
      ].filter((text) => text).join(" · ");
    }

    // ---- what to change

    function where({ lever, goal, scope }) {
      if (scope === "all") return say("everywhere");
      if (scope !== "elsewhere") return say("inside", all.topics[scope].words);
      const named = all.effects.filter((r) => r.lever === lever && r.activity === goal && all.topics[r.scope]);
      const names = named.map((r) => quoted(all.topics[r.scope].words)), last = names.pop();
      return names.length ? say("outsideMany", `${names.join(", ")} ${say("and")} ${last}`) : say("outsideOne", last);
    }

    const strength = (tip) => tip.times === null ? ""
      : filled(tip.times < 1 ? words().weak : words().strong, [number(tip.times, 1)]);

    function tryButton(s) {
      const others = draft().tried.filter((t) => t.lever !== s.lever), on = others.length < draft().tried.length;
      const press = () => { draft().tried = on ? others : [...others, { lever: s.lever, undo: s.undo }]; score(); };
      return button(`try-${s.lever}`, say(on ? "tried" : "try"), press,
        { className: "try", "aria-pressed": String(on), "aria-label": `${say(on ? "tried" : "try")}: ${does(s)}` });
    }

    // The words of the text, or the photo, that a change is about.
    function about({ text }, s) {
      const [property] = Object.keys(all.levers.find((l) => l.name === s.lever).from_to);
      if (all.rules.properties[property].source === "photo")
        return draft().picture ? element("img", { src: draft().picture, alt: say("yourPhoto") }) : "";
      const matched = s.undo ? reader.found(text, s.lever).slice(0, 4) : [];
      const marks = matched.flatMap((each) => [element("mark", {}, each), " "]);
      return matched.length ? small(`${say("about")} `, ...marks) : "";
    }

    function card(found, tip) {
      const harms = ([a, change]) => change * all.wanted[a] < 0, goal = words().activities[tip.goal];
      const rates = [tip.base, tip.base * (1 + tip.effect)];
      const price = tip.others.filter(harms), bonus = tip.others.filter((other) => !harms(other));
      return element("li", { className: "card" },
        element("h3", {}, does(tip)),
        element("p", { className: "size" }, `${goal}: ${rates.map(per10000).join(" → ")}`),
        small([say("per10000"), percent(tip.effect), likely(tip.effect, tip.low, tip.high), where(tip)].join("; ")),
        price.length ? element("p", { className: "price" }, `${say("price")}: ${listed(price)}`) : "",
        bonus.length ? small(`${say("bonus")}: ${listed(bonus)}`) : "",
        about(found, tip),
        part(`how-${tip.lever}`, say("how"), small([strength(tip), worth(tip.net)].filter((text) => text).join("; "))),
        tryButton(tip));
    }

    function otherChange({ change, sure, net, ...s }) {
      const beyond = change && (change[1] > 0 || change[2] < 0), every = state.goal === "all";
      const size = change ? `${sure ? percent(change[0]) : say(beyond ? "byChance" : "unsure")}; ${likely(...change)}`
        : every ? worth(net) : say("noPosts");
      return element("li", {}, element("span", {}, `${does(s)}: ${size}`), change || every ? tryButton(s) : "");
    }

    function conflict({ lever, goals }) {
      const sides = goals.map((side, at) =>
        `${quoted(does({ lever: lever.name, undo: at === 1 }))} (${side.map((g) => words().goals[g]).join(", ")})`);
      return element("li", {}, sides.join(` ${say("or")} `));
    }

    // ---- what to expect

    function expectation(found, a) {
      const heading = element("strong", {}, `${capitalised(words().activities[a])}: `);
      if (found.never[a]) return element("li", {}, heading, words().never[a][found.never[a]]);
      const [now, then] = [found.rates[a], found.then.rates[a]], all = data.topics[found.topic].views;
      const views = state.views ?? all[all.length >> 1], range = DraftState.counts(data, a, then, views, LEVEL);
      const above = (rate) => Math.round(100 * DraftScorer.percentile(data, a, rate));
      const change = (of) => [...new Set([of(now), of(then)])].join(" → ");
      const rank = now === then && above(now) < 1 ? say("lowest") : now === then && above(now) > 99 ? say("highest")
        : say("above", change(above));
      const spread = range ? say("range", whole(views), whole(range.low), whole(range.high), whole(range.median))
        : say("meanOf", ...DraftScorer.rate(data, a, found.topic, found.values).slice(1).map(per10000));
      const numbers = small(`${change(per10000)} ${say("per10000")}. ${spread}.`);
      return element("li", {}, part(`expect-${a}`, [heading, rank], numbers));
    }

    function versus() {
      if (!state.two) return "";
      const both = state.drafts.map((each) => DraftState.judged(data, reader, each));
      if (state.goal === "all") return small(say("oneGoal"));
      if (both.some((one) => one.empty)) return small(say("second"));
      const p = DraftState.winning(data, state.goal, both), sure = whole(100 * Math.max(p, 1 - p));
      const close = DraftForecast.call(data.winner, p) === "too close to call";
      return element("p", { className: "versus" }, say(close ? "close" : "wins", p >= 0.5 ? "A" : "B", sure));
    }

    // The past posts most like the draft, and how they did.
    function past(found) {
      if (!all.past.length || !all.page || !found.written) return "";
      vectors ??= all.past.map(({ text }) => DraftForecast.vector(all.page, text));
      const near = DraftForecast.nearest(vectors, DraftForecast.vector(all.page, found.text), CARDS);
      const shown = state.goal === "all" ? activities : [state.goal];
      const did = ({ views, counts }) => shown.map((a) =>
        `${words().activities[a]}: ${say("did", per10000(counts[a] / views), whole(views))}`).join("; ");
      const item = (at) => element("li", {}, element("q", {}, shortened(all.past[at].text)), small(did(all.past[at])));
      return part("past", say("past"),
        near.length ? element("ul", { className: "others" }, ...near.map(item)) : small(say("noneLike")));
    }

    // ---- drawing

    function score() {
      const found = DraftState.judged(data, reader, draft());
      keepingFocus(root, () => {
        if (!(chips.contains(document.activeElement) && document.activeElement.matches("input"))) drawChips(found);
        [reading.hidden, examples.hidden] = [found.empty, !found.empty];
        read.textContent = `${say("read")}: ${readAs(found)}`;
        output.replaceChildren(...(found.empty ? [] : results(found)));
      });
      if (found.empty) summary.textContent = say("start");
      clearTimeout(waiting);
      waiting = setTimeout(() => { status.textContent = found.empty ? "" : summary.textContent; }, WAIT);
    }

    function results(found) {
      const { goal, value } = state, every = goal === "all", tried = draft().tried.length;
      const { tips, rest } = DraftScorer.changes(data, goal, found.topic, found.values, found.rates, value);
      const none = !every && found.never[goal] ? words().never[goal][found.never[goal]] : words().none;
      const best = tips.length ? `${does(tips[0])} (${listed([[tips[0].goal, tips[0].effect]])})` : none;
      summary.textContent = capitalised(`${every ? say("all") : words().goals[goal]}: ${best}`);
      const apart = DraftScorer.conflicts(data, found.topic, found.values);
      const more = tips.slice(CARDS).map((tip) => ({ ...tip, change: [tip.effect, tip.low, tip.high], sure: true }));
      const untry = button("untry", say("untry"), () => { draft().tried = []; score(); });
      return [
        versus(),
        found.topic ? "" : small(say(found.written ? "strange" : "silent")),
        tips.length ? element("ol", { className: "cards" }, ...tips.slice(0, CARDS).map((tip) => card(found, tip)))
          : "",
        element("h3", {}, say("expected")),
        words().share ? small(words().share) : "",
        tried ? small(`${say("afterTried", tried)} `, untry) : "",
        element("ul", {}, ...activities.map((a) => expectation(found, a))),
        part("rest", say("rest"), element("ul", { className: "others" }, ...[...more, ...rest].map(otherChange))),
        apart.length ? part("apart", say("conflicts"), element("ul", {}, ...apart.map(conflict))) : "",
        past(found),
        part("unknown", say("unknown"), small(say("unknowns")), small(data === all ? words().note : words().narrow)),
      ].filter((each) => each !== "");
    }

    async function copy(text) {
      const shown = root.querySelector(".copied");
      try {
        await navigator.clipboard.writeText(text);
        shown.textContent = say("copied");
      } catch { // a page that may not write to the clipboard shows what to copy
        const area = element("textarea", { readOnly: true, value: text, rows: 3, "aria-label": say("copyThis") });
        shown.replaceChildren(area);
      }
    }

    function advice() {
      const texts = (of, inside) => [...output.querySelectorAll(of)].map((each) =>
        [...each.querySelectorAll(inside)].map((p) => p.textContent).join("\n"));
      return [summary.textContent, ...texts(".card", "h3, p"), ...texts("details[open]", "summary, p")].join("\n\n");
    }

    const link = () => `${location.href.split("#")[0]}${DraftState.toLink(state)}`;

    function textField() {
      const area = element("textarea", { id: "draft-text", key: "text", rows: 5, value: draft().text,
        placeholder: say("placeholder") });
      area.addEventListener("input", () => {
        draft().text = area.value;
        for (const name of ["words", "emoji", "capitals"]) delete draft().fixed[name];
        score();
      });
      return [element("label", { htmlFor: area.id }, say("text")), area];
    }

    function photoField() {
      const file = element("input", { type: "file", accept: "image/*", hidden: true });
      file.addEventListener("change", () => file.files.length && takePhoto(file.files[0]));
      const remove = button("unphoto", say("remove"), () => { forgetPhoto(draft()); draw(); });
      return element("div", { className: "line photo" },
        draft().picture ? element("img", { src: draft().picture, alt: say("yourPhoto") }) : "",
        button("photo", say(draft().photo ? "otherPhoto" : "choose"), () => file.click()), file,
        draft().photo ? remove : element("span", { className: "small" }, say("drop")),
        element("span", { className: "wrong", role: "alert" }));
    }

    function weights() {
      const box = element("input", { type: "checkbox", key: "bias", checked: data === all });
      box.addEventListener("change", () => { data = box.checked ? all : DraftScorer.withoutBias(all); score(); });
      const one = (a) => field(`draft-value-${a}`, words().activities[a], state.value[a].toLocaleString(ofPage()),
        { min: -1e6, max: 1e6 }, (v) => { state.value[a] = v; score(); });
      return part("weights", say("weights"), small(say("weightsHint")),
        element("div", { className: "inputs" }, ...activities.map(one)),
        element("label", { className: "yes-no" }, box, say("bias")));
    }

    function draw() {
      const { two, at } = state, change = (to) => () => { Object.assign(state, to); draw(); };
      const goals = [...activities.map((a) => [a, words().goals[a]]), ["all", say("all")]];
      const tabs = ["A", "B"].map((name, i) => button(`tab-${name}`, `${say("draft")} ${name}`, change({ at: i }),
        { "aria-pressed": String(at === i) }));
      root.lang = ofPage();
      root.setAttribute("aria-label", say("heading"));
      examples.replaceChildren(say("examples"), ...words().examples.map(({ name, text }) =>
        button(`example-${name}`, name, () => { draft().text = text; draw(); })));
      keepingFocus(root, () => root.replaceChildren(
        element("strong", {}, say("heading")),
        ...(all.simulated ? [small(element("strong", {}, words().warning))] : []),
        ...(all.page ? [element("div", { className: "line" }, two ? tabs : "",
          button("two", say(two ? "one" : "two"), change({ two: !two, at: two ? 0 : 1 })))] : []),
        ...textField(), summary, examples, photoField(),
        element("div", { className: "inputs" },
          chooser("draft-goal", say("goal"), goals, state.goal, (v) => { state.goal = v; score(); }),
          field("draft-views", say("views"), state.views === null ? "" : whole(state.views), VIEWS,
            (v) => { state.views = v && Math.round(v); score(); }, true)),
        reading, output, weights(),
        element("div", { className: "line" }, button("copy", say("copy"), () => copy(advice())),
          button("link", say("link"), () => copy(link())), button("reset", say("reset"), () => {
            state.drafts.forEach(forgetPhoto);
            change(fresh())();
          }), element("span", { className: "copied", role: "status" })),
        small(say("private")), status));
      score();
    }

    const photoOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
    root.addEventListener("paste", (event) => {
      const file = photoOf(event.clipboardData);
      if (file) { event.preventDefault(); takePhoto(file); }
    });
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => {
      const file = photoOf(event.dataTransfer);
      if (file) { event.preventDefault(); takePhoto(file); }
    });
    chips.addEventListener("focusout", (event) => { if (event.target.matches("input")) setTimeout(score); });
    new MutationObserver(draw)
      .observe(document.documentElement, { attributeFilter: ["lang"] });
    draw();
    setTimeout(() => reader.read(words().examples[0].text)); // compiles the patterns before the first key
  }

  return { start };
})();
