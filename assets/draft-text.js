// Reads a draft's text as lib/posts/text.py, lib/features/text.py and lib/features/style.py do. A test checks that
// they agree. The rules (regular expressions, words, limits) are those of lib/features/reading.py.
const DraftText = (() => {
  const size = (text) => [...text].length;
  const count = (text, pattern) => (text.match(pattern) ?? []).length;
  const beginning = (text, limit) => text.length <= limit ? text : [...text].slice(0, limit).join("");

  function reader(rules) {
    const compiled = (sources) =>
      Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, new RegExp(source, "gu")]));
    const is = compiled(rules.patterns), style = compiled(rules.style);
    const entities = new Map(Object.entries(rules.entities));
    const alt = new RegExp(rules.patterns.alt, "u");
    const firstPerson = new RegExp(`^(?:${rules.patterns.first_person})`, "u");
    const you = new RegExp(`^(?:${rules.style.you})$`, "u");
    const [tree, sequences, parts] = [emojiTree(), new Set(rules.emoji.split(" ")), new Set(rules.emoji_parts)];

    // The cleaned text, and the number of [id1|Name] links in the raw text.
    function clean(raw) {
      let text = raw.replace(is.line_end, "\n").replace(is.break, "\n")
        .replace(is.image, (_, inside) => alt.exec(inside)?.[1] ?? "").replace(is.tag, "");
      for (let times = 0; times < 3; times++) text = text.replace(is.entity, entity);
      const decoded = text.replace(is.break, "\n").replace(is.line_end, "\n");
      text = composed(decoded.replace(is.named_link, "$1").replace(is.invisible, "")).replace(is.spaces, " ");
      text = text.split("\n").map((line) => line.trim()).join("\n").replace(is.blank_lines, "\n\n").trim();
      return { text, links: count(decoded, is.named_link) };
    }

    // What a reference such as &amp; stands for, as html.unescape of Python; a half of a surrogate pair stays a half.
    function entity(reference) {
      const name = reference.slice(1);
      if (/^#x/i.test(name)) return numbered(parseInt(name.slice(2), 16));
      if (name[0] === "#") return numbered(parseInt(name.slice(1), 10));
      for (let end = name.length; end > 1; end--) {
        const known = entities.get(name.slice(0, end));
        if (known !== undefined) return known + name.slice(end);
      }
      return reference;
    }

    function numbered(code) {
      if (code >= 0xd800 && code <= 0xdfff) return String.fromCharCode(code);
      if (code === 0 || code > 0x10ffff) return "\ufffd";
      if (code >= 0x80 && code <= 0x9f) return rules.controls[code - 0x80];
      const control = code < 0x20 && ![9, 10, 12, 13].includes(code);
      if (control || code === 0x7f || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe) return "";
      return String.fromCodePoint(code);
    }

    function composed(text) {
      const pieces = is.long_marks.test(text) ? text.match(is.few_marks) : [text];
      is.long_marks.lastIndex = 0;
      return pieces.map((piece) => piece.normalize("NFC")).join("");
    }

    // The features of a raw text that lib/features/text.py counts (but sentences), those of its style, and the text.
    function read(raw) {
      const { text, links } = clean(raw);
      const prose = text.replace(is.link, " "), head = beginning(text, rules.searched), lines = text.split("\n");
      const characters = size(text), upper = count(text, /\p{Uppercase}/gu), lower = count(text, /\p{Lowercase}/gu);
      const called = beginning(prose, rules.searched).replace(is.gap, " ").toLowerCase().replaceAll("ё", "е");
      const features = {
        has_text: Number(text !== ""),
        characters,
        words: count(prose, is.word),
        question: Number(/[?？]/.test(prose)),
        exclamation: count(prose, /[!！]/g),
        call_to_action: Number(called.match(is.call) !== null),
        emoji: emojiCount(head),
        hashtags: count(prose, is.hashtag),
        links: count(text, is.link),
        mentions: links + count(prose, is.name),
        capitals: upper / Math.max(1, upper + lower),
        digits: count(text, /\p{Nd}/gu) / Math.max(1, characters),
        line_breaks: lines.length - 1,
        first_line: size(lines[0]),
        folded: Number(characters > rules.fold[0] || lines.length > rules.fold[1]),
      };
      const said = head.replace(is.link, " ");
      for (const name of Object.keys(style)) features[name] = Number(said.match(style[name]) !== null);
      features.name = Number(hasName(said));
      if (!text) for (const name of Object.keys(features)) features[name] = 0;
      return { text, features };
    }

    function hasName(prose) {
      const inner = [];
      let end = 0;
      for (const word of prose.matchAll(is.word)) {
        if (end && ![...prose.slice(end, word.index)].some((c) => rules.begins.includes(c))) inner.push([...word[0]]);
        end = word.index + word[0].length;
      }
      const [letters, enough] = rules.title, upper = (letter) => /\p{Uppercase}/u.test(letter);
      const long = inner.filter((word) => word.length >= letters);
      if (long.length >= enough && 2 * long.filter((word) => upper(word[0])).length > long.length) return false;
      return inner.some((letters) => {
        const word = letters.join(""), rest = letters.slice(1).join("");
        return upper(letters[0]) && /\p{Lowercase}/u.test(rest) && !/[\p{Uppercase}\p{Lt}]/u.test(rest)
          && !firstPerson.test(word) && !you.test(word);
      });
    }

    function emojiTree() {
      const root = new Map();
      for (const sequence of rules.emoji.split(" ")) {
        let at = root;
        for (const c of sequence) {
          if (!at.has(c)) at.set(c, new Map());
          at = at.get(c);
        }
        at.whole = true;
      }
      return root;
    }

    // The number of emoji, with the steps of the tokenizer of Python's package emoji.
    function emojiCount(text) {
      const c = [...text], ignored = new Set(), closed = [];
      let open = [], i = 0;
      while (i < c.length) {
        const last = open.at(-1);
        let end = i;
        if (ignored.has(i)) {
          i++;
          continue;
        } else if (tree.has(c[i])) {
          let at = tree;
          while (end < c.length && at.has(c[end]) && !ignored.has(end)) at = at.get(c[end++]);
          if (!at.whole) end = i;
        } else if (c[i] === "\u200d" && last && sequences.has(last.text) && tree.has(c[i - 1])) {
          // Emoji that a joiner ends are read again, now without it; a part, such as a skin, with what it belongs to.
          ignored.add(i);
          const again = parts.has(last.text) ? open.slice(-2) : [last];
          i -= again.reduce((sum, token) => sum + size(token.text), 0);
          const only = again.length === 2 && c[i] === "\u200d";
          open.splice(only ? -1 : -again.length);
          if (only) i++;
          continue;
        } else {
          closed.push(...open);
          open = [];
        }
        const whole = end > i, found = c.slice(i, whole ? end : i + 1).join("");
        if (whole || !/[\ufe0e\ufe0f]/.test(found)) open.push({ text: found, whole });
        i = whole ? end : i + 1;
      }
      return [...closed, ...open].filter((token) => token.whole).length;
    }

    // What in a cleaned text a lever is about: words, signs or addresses.
    function found(text, lever) {
      if (lever === "call") return text.toLowerCase().replaceAll("ё", "е").match(is.call) ?? [];
      const patterns = { question: /[?？]/gu, exclamation: /[!！]+/gu, capitals: /\p{Uppercase}{2,}/gu,
        emoji: /\p{Extended_Pictographic}/gu, hashtag: is.hashtag, link: is.link, mention: is.name, ...style };
      return [...new Set(lever in patterns ? text.match(patterns[lever]) : [])];
    }

    return { clean, read, found };
  }

  const FORMULAS = {
    same: (v) => v,
    some: (v) => Number(v > 0),
    doublings: (v) => Math.log2(1 + v),
    shape: (v, strip) => Math.log2(Math.min(Math.max(v, 1 / strip), strip)),
  };

  // A feature that gives a property: the inverse of the formulas.
  const featureOf = (formula, property) =>
    ({ doublings: Math.round(2 ** property - 1), shape: 2 ** property }[formula] ?? property);

  // The properties of a source ("text" or "photo") from its readable features.
  function properties(rules, source, features) {
    const all = Object.entries(rules.properties).filter(([, of]) => of.source === source);
    return Object.fromEntries(all.map(([name, { feature, formula }]) =>
      [name, FORMULAS[formula](features[feature], rules.strip)]));
  }

  return { reader, properties, featureOf };
})();
