// The explore page: a map and a table of posts, linked. lib/report/explore.py gives the data, and says what they are.
// Texts are other people's: they reach the page as text nodes only. DataTables takes a string for markup, so it gets
// elements or numbers of our own, and it never searches the texts itself.
const Explore = (() => {
  const REACH = 20; // pixels between a click and the point that it chooses

  const fixed = (v, digits) => v.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const rate = (v) => fixed(v, v === 0 || v >= 99.5 ? 0 : v >= 9.95 ? 1 : 2);
  const signed = (v) => `${v < 0 ? "−" : "+"}${fixed(Math.abs(v), 2)}`;
  const folded = (text) => text.toLowerCase().replaceAll("ё", "е");

  // The four values that part others into fifths, and the fifth of a value: equal values are in the same fifth.
  const fifths = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [1, 2, 3, 4].map((k) => sorted[Math.floor((k * sorted.length) / 5)]);
  };
  const fifth = (cuts, value) => cuts.filter((cut) => cut < value).length;

  // The nearest of the posts in a direction, at most 45 degrees off it; undefined if there is none.
  function nearest([x, y], posts, from, [dx, dy]) {
    const ways = posts.map((post) => {
      const [across, up] = [x[post] - x[from], y[post] - y[from]];
      const along = across * dx + up * dy, aside = Math.abs(across * dy - up * dx);
      return [post, along > 0 && aside <= along ? along ** 2 + aside ** 2 : Infinity];
    });
    return ways.filter(([, far]) => far < Infinity).sort((a, b) => a[1] - b[1])[0]?.[0];
  }

  // The posts that are kept: those of a topic, whose words hold all words asked for, and of them the best or worst.
  function kept(data, { activity, topic, extreme, search }) {
    const asked = folded(search).split(/\s+/).filter(Boolean), { score } = data.activities[activity];
    const found = data.post.map((_, at) => at).filter((at) => {
      const words = folded(`${data.post[at]} ${data.topics[data.topic[at]]} ${data.texts[at] ?? ""}`);
      return (topic === "" || data.topic[at] === +topic) && asked.every((word) => words.includes(word));
    });
    return extreme === "" ? found
      : found.sort((a, b) => Math.sign(extreme) * (score[b] - score[a])).slice(0, Math.abs(extreme));
  }

  function start(root, data) {
    const find = (selector) => root.querySelector(selector);
    const keyed = [...root.querySelectorAll("[data-key]")].map((input) => [input.dataset.key, input]);
    const state = () => Object.fromEntries(keyed.map(([key, input]) => [key, input.value]));
    const inputs = Object.fromEntries(keyed), numbers = () => data.activities[inputs.activity.value];
    const canvas = find("canvas"), legend = find(".legend"), pair = find(".pair"), card = find(".card");
    const status = element("p", { role: "status" }), about = element("div");
    let shown = [], keeps = new Set(), chosen = 0;

    for (const [name, { label }] of Object.entries(data.activities)) inputs.activity.append(new Option(label, name));
    data.topics.forEach((name, at) => inputs.topic.append(new Option(name, at)));
    card.append(status, about);
    find(".controls").hidden = card.hidden = false;
    find(".map").hidden = !data.map.length;

    const photo = (at) => !data.photos[at] ? []
      : [element("img", { className: "photo", src: data.photos[at], alt: `photo of post ${data.post[at]}` })];
    const post = (at) => element("div", { className: "post" }, ...photo(at), element("div", {},
      element("button", { type: "button", ariaPressed: at === chosen }, `Post ${data.post[at]}`),
      element("span", { className: "topic" }, data.topics[data.topic[at]]),
      element("div", { className: "text" }, data.texts[at] ?? "")));
    const column = (title, value, words, more) => ({
      title, type: "num", searchable: false, orderSequence: ["desc", "asc"], className: "number",
      data: ({ at }, as) => as === "display" ? words(at) : value(at), ...more,
    });
    const rates = (title, key, words) => column(title, (at) => numbers()[key][at], (at) => words(numbers()[key][at]));
    const sort = ": sort", paging = { paging: { buttons: 5, firstLast: false } };
    const rows = data.post.map((_, at) => ({ at }));
    const table = new DataTable(find("table"), {
      data: rows,
      columns: [
        column("Post", (at) => data.post[at], post, { className: "", orderSequence: ["asc", "desc"] }),
        column("Views", (at) => data.views[at], (at) => fixed(data.views[at], 0), { className: "number views" }),
        rates("Predicted", "predicted", rate), rates("Actual", "actual", rate), rates("Score", "score", signed),
      ],
      order: [[4, "desc"]],
      autoWidth: false,
      layout: { topStart: "info", topEnd: null, bottomStart: paging, bottomEnd: null },
      language: {
        info: "_TOTAL_ posts, here _START_ to _END_", infoEmpty: "No post", infoFiltered: "(of _MAX_ test posts)",
        zeroRecords: "No post fits the choice.", paginate: { previous: "Previous", next: "Next" },
        aria: { orderable: sort, orderableReverse: sort, orderableRemove: sort },
      },
      rowCallback: (row, { at }) => mark(row, at),
    });
    table.search.fixed("kept", (_, { at }) => keeps.has(at));

    function mark(row, at) {
      row.classList.toggle("chosen", at === chosen);
      row.querySelector("button").ariaPressed = at === chosen;
    }

    function choose(at) {
      chosen = at;
      const { label, predicted, actual } = numbers();
      status.textContent = `Post ${data.post[at]}, ${label}: predicted ${rate(predicted[at])}, actual ` +
        `${rate(actual[at])} per 10,000 views.`;
      const lines = Object.values(data.activities).map((of) => element("tr", {},
        element("th", { scope: "row" }, of.label),
        ...[rate(of.predicted[at]), rate(of.actual[at]), signed(of.score[at])].map(
          (words) => element("td", { className: "number" }, words))));
      const head = ["Action", "Predicted", "Actual", "Score"].map(
        (title, k) => element("th", { scope: "col", className: k ? "number" : "" }, title));
      about.replaceChildren(...photo(at), element("p", {}, data.texts[at] ?? ""),
        element("p", {}, `Topic: ${data.topics[data.topic[at]]}. Views: ${fixed(data.views[at], 0)}.`),
        element("table", { className: "table table-sm" }, element("thead", {}, element("tr", {}, ...head)),
          element("tbody", {}, ...lines)));
      table.rows({ page: "current" }).every(function () { mark(this.node(), this.data().at); });
      draw();
    }

    const inOrder = () => table.rows({ search: "applied", order: "applied" }).indexes().toArray();

    function turnTo(at) {
      const place = inOrder().indexOf(at);
      if (place >= 0) table.page(Math.floor(place / table.page.len())).draw("page");
    }

    const side = () => canvas.clientWidth;
    const spot = (at) => [0, 1].map((axis) => {
      const part = 0.03 + 0.94 * data.map[axis][at];
      return side() * (axis ? 1 - part : part);
    });

    function draw() {
      if (!data.map.length) return;
      const style = getComputedStyle(root), colours = style.getPropertyValue("--fifths").split(",");
      const pen = canvas.getContext("2d");
      const values = numbers()[inputs.colour.value], cuts = fifths(values), size = values.length > 1500 ? 2.5 : 4;
      const words = inputs.colour.value === "score" ? signed : rate, sharp = devicePixelRatio || 1;
      canvas.width = canvas.height = side() * sharp;
      pen.scale(sharp, sharp);
      pen.strokeStyle = style.color;
      const dot = (at, radius, width, colour) => {
        pen.beginPath();
        pen.arc(...spot(at), radius, 0, 2 * Math.PI);
        if (colour) pen.fillStyle = colour, pen.fill();
        if (width) pen.lineWidth = width, pen.stroke();
      };
      pen.globalAlpha = 0.35;
      values.forEach((_, at) => { if (!keeps.has(at)) dot(at, 1, 0.5); });
      pen.globalAlpha = 1;
      for (const at of shown) dot(at, size, 0.4, colours[fifth(cuts, values[at])]);
      pen.strokeStyle = style.getPropertyValue("--ring");
      dot(chosen, size + 5, 3);
      const parts = colours.map((colour, k) => [colour, values.filter((value) => fifth(cuts, value) === k)]);
      legend.replaceChildren(...parts.filter(([, inside]) => inside.length).map(([colour, inside]) => {
        const ends = [Math.min(...inside), Math.max(...inside)].map(words);
        const swatch = element("span", { className: "swatch" });
        swatch.style.background = colour;
        return element("span", {}, swatch, [...new Set(ends)].join(" to "));
      }));
    }

    function update(event) {
      shown = kept(data, state());
      keeps = new Set(shown);
      const key = event?.target.dataset.key;
      if (key === "activity") table.clear().rows.add(rows); // ten times as fast as invalidating the rows
      if (key === "extreme") table.order([4, inputs.extreme.value < 0 ? "asc" : "desc"]);
      table.draw();
      choose(keeps.has(chosen) && event ? chosen : inOrder()[0] ?? chosen);
    }

    for (const input of Object.values(inputs)) input.addEventListener("input", update);
    table.on("click", "tbody tr", function () {
      const row = table.row(this).data();
      if (!row) return;
      choose(row.at);
      pair.scrollIntoView({ block: "nearest" });
    });
    canvas.addEventListener("click", (event) => {
      const far = (at) => Math.hypot(spot(at)[0] - event.offsetX, spot(at)[1] - event.offsetY);
      const [first] = shown.filter((at) => far(at) < REACH).sort((a, b) => far(a) - far(b));
      if (first !== undefined) choose(first), turnTo(first);
    });
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const next = nearest(data.map, shown, chosen, way);
      if (next !== undefined) choose(next), turnTo(next);
    });
    new ResizeObserver(draw).observe(canvas);
    const themes = new MutationObserver(draw);
    for (const of of [document.documentElement, document.body]) themes.observe(of, { attributeFilter: ["class"] });
    update();
  }

  return { start, nearest, kept, fifths, fifth };
})();
