// The topic of a text from its stems. The same arithmetic as lib/features/topic_rule.py, with Snowball's Russian and
// English stemmers (https://snowballstem.org/algorithms/); a test checks that stems and topics agree.
const TopicRule = (() => {
  const list = (text) => text.split(" ").sort((a, b) => b.length - a.length);

  // The longest of the endings (sorted by length) that the part of the word from `from` on ends with; "" for none.
  const longest = (word, from, endings) => {
    const part = word.slice(from);
    return endings.find((ending) => part.endsWith(ending)) ?? "";
  };
  const cut = (word, ending) => word.slice(0, word.length - ending.length);

  // ---- Russian

  // Endings before the bar count only after а or я, which stays.
  const afterA = (text) => {
    const [after, free] = text.split(" | ");
    return { after: new Set(after.split(" ")), all: list(`${after} ${free}`) };
  };
  const GERUND = afterA("в вши вшись | ив ивши ившись ыв ывши ывшись");
  const PARTICIPLE = afterA("ем нн вш ющ щ | ивш ывш ующ");
  const VERB = afterA("ла на ете йте ли й л ем н ло но нно ет ют ны ть ешь | ила ыла ена ейте уйте ите или ыли ей уй ил ыл "
    + "им ым ен ило ыло ено ят ует уют ит ыт ены ить ыть ишь ую ю");
  const ADJECTIVE = list("ее ие ое ые ими ыми ей ий ой ый ем им ом ым его ого ему ому их ых ую юю ая яя ою ею");
  const NOUN = list("а ев ов ие ье е иями ями ами еи ии и ией ей ой ий й иям ям ием ем ам ом о у ах иях ях ы ь ию ью ю ия ья я");
  const REFLEXIVE = ["ся", "сь"];

  // The word without its ending, or null if it has none.
  function without(word, from, endings) {
    const ending = longest(word, from, endings);
    return ending ? cut(word, ending) : null;
  }

  function withoutAfterA(word, from, { after, all }) {
    const ending = longest(word, from, all);
    if (!ending) return null;
    const rest = cut(word, ending);
    return after.has(ending) && !(rest.length > from && /[ая]$/.test(rest)) ? null : rest;
  }

  function russian(given) {
    let word = given.replaceAll("ё", "е");
    const regions = word.match(/^[^аеиоуыэюя]*[аеиоуыэюя]/);
    if (!regions) return word;
    const v = regions[0].length;
    const second = word.match(/^[^аеиоуыэюя]*[аеиоуыэюя]+[^аеиоуыэюя]+[аеиоуыэюя]+[^аеиоуыэюя]/);
    const gerund = withoutAfterA(word, v, GERUND);
    if (gerund !== null) word = gerund;
    else {
      word = without(word, v, REFLEXIVE) ?? word;
      const adjective = without(word, v, ADJECTIVE);
      if (adjective !== null) word = withoutAfterA(adjective, v, PARTICIPLE) ?? adjective;
      else word = withoutAfterA(word, v, VERB) ?? without(word, v, NOUN) ?? word;
    }
    if (word.length > v && word.endsWith("и")) word = word.slice(0, -1);
    if (second) word = without(word, second[0].length, ["ость", "ост"]) ?? word;
    const last = longest(word, v, ["ейше", "ейш", "н", "ь"]);
    if (last === "ь") return cut(word, last);
    if (last.startsWith("ейш")) word = cut(word, last);
    return word.slice(v).endsWith("нн") ? word.slice(0, -1) : word;
  }

  // ---- English (Porter 2); Y is a consonant

  const WHOLE = { skis: "ski", skies: "sky", idly: "idl", gently: "gentl", ugly: "ugli", early: "earli", only: "onli",
    singly: "singl", sky: "sky", news: "news", howe: "howe", atlas: "atlas", cosmos: "cosmos", bias: "bias", andes: "andes" };
  const STEP2 = { tional: "tion", enci: "ence", anci: "ance", abli: "able", entli: "ent", izer: "ize", ization: "ize",
    ational: "ate", ation: "ate", ator: "ate", alism: "al", aliti: "al", alli: "al", fulness: "ful", ousli: "ous",
    ousness: "ous", iveness: "ive", iviti: "ive", biliti: "ble", bli: "ble", ogist: "og", ogi: "og", fulli: "ful",
    lessli: "less", li: "" };
  const STEP3 = { tional: "tion", ational: "ate", alize: "al", icate: "ic", iciti: "ic", ical: "ic", ful: "", ness: "", ative: "" };
  const STEP4 = list("al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize ion");
  const keys = (table) => list(Object.keys(table).join(" "));
  const ENDINGS2 = keys(STEP2), ENDINGS3 = keys(STEP3);
  const short = (word) => /[^aeiouy][aeiouy][^aeiouywxY]$|^[aeiouy][^aeiouy]$|past$/.test(word);

  function english(given) {
    if (given.length < 3) return given;
    if (Object.hasOwn(WHOLE, given)) return WHOLE[given];
    let word = given.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
    const region = (from) => {
      const found = word.slice(from).match(/^[^aeiouy]*[aeiouy]+[^aeiouy]/);
      return found ? from + found[0].length : word.length;
    };
    const special = word.match(/^(arsen|commun|emerg|gener|inter|later|organ|past|univers)/);
    const r1 = special ? special[0].length : region(0), r2 = region(r1);
    const within = (from, ending) => word.length - ending.length >= from;

    const plural = longest(word, 0, ["sses", "ied", "ies", "us", "ss", "s"]);
    if (plural === "sses") word = word.slice(0, -2);
    else if (plural === "ied" || plural === "ies") word = cut(word, plural) + (word.length > 4 ? "i" : "ie");
    else if (plural === "s" && /[aeiouy]/.test(word.slice(0, -2))) word = word.slice(0, -1);

    const past = longest(word, 0, ["eedly", "ingly", "edly", "eed", "ing", "ed"]), rest = cut(word, past);
    if (past.startsWith("eed")) {
      if (within(r1, past) && !/^(succ|proc|exc)$/.test(rest)) word = `${rest}ee`;
    } else if (past === "ing" && /^[^aeiouy]y$/.test(rest)) word = `${rest[0]}ie`;
    else if (past && !(past === "ing" && /^(even|cann|inn|earr|herr|out)$/.test(rest)) && /[aeiouy]/.test(rest)) {
      word = rest;
      if (/(at|bl|iz)$/.test(word)) word += "e";
      else if (/(bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(word)) word = /^[aeo]..$/.test(word) ? word : word.slice(0, -1);
      else if (word.length === r1 && short(word)) word += "e";
    }

    if (/..[yY]$/.test(word) && !/[aeiouy].$/.test(word)) word = `${word.slice(0, -1)}i`;

    const two = longest(word, 0, ENDINGS2), base2 = cut(word, two);
    if (two && within(r1, two) && (two !== "ogi" || base2.endsWith("l")) && (two !== "li" || /[cdeghkmnrt]$/.test(base2)))
      word = base2 + STEP2[two];
    const three = longest(word, 0, ENDINGS3);
    if (three && within(three === "ative" ? r2 : r1, three)) word = cut(word, three) + STEP3[three];
    const four = longest(word, 0, STEP4);
    if (four && within(r2, four) && (four !== "ion" || /[st]ion$/.test(word))) word = cut(word, four);
    if (word.endsWith("e")) {
      if (within(r2, "e") || (within(r1, "e") && !short(word.slice(0, -1)))) word = word.slice(0, -1);
    } else if (word.endsWith("ll") && within(r2, "l")) word = word.slice(0, -1);
    return word.replaceAll("Y", "y");
  }

  // ---- the rule

  const stem = (word) => (word[0] <= "z" ? english(word) : russian(word));
  const stems = (text) =>
    (text.normalize("NFC").toLowerCase().replace(/(?:https?:\/\/|www\.)\S+|@\S+/g, " ").match(/[a-z]{2,}|[а-яё]{2,}/g) ?? []).map(stem);

  // The position of the topic among those of the rule; null if it isn't recognised.
  function topic(rule, text) {
    const found = [...new Set(stems(text))];
    const rows = found.filter((s) => Object.hasOwn(rule.weights, s)).map((s) => rule.weights[s]);
    if (!rows.length) return null;
    const root = Math.sqrt(rows.length);
    const scores = rule.base.map((base, k) => base + rows.reduce((sum, row) => sum + row[k], 0) / root);
    const best = scores.indexOf(Math.max(...scores));
    const second = Math.max(...scores.filter((_, k) => k !== best));
    const share = rows.length / found.length;
    return (scores[best] - second) * share * share >= rule.margin ? best : null;
  }

  return { stem, stems, topic };
})();
