// The search of the portable engine's pages: sections that have every word of a query, by stem; the last word, which may
// still be being typed, by its beginning too. SEARCH_INDEX comes from search-data.js, stems from topic-rule.js.
const SiteSearch = (() => {
  const words = (text) => text.toLowerCase().replaceAll("ё", "е").match(/[\p{L}\p{N}]+/gu) ?? [];
  const counted = (text) => {
    const counts = new Map();
    for (const word of words(text)) for (const form of new Set([word, TopicRule.stem(word)])) counts.set(form, (counts.get(form) ?? 0) + 1);
    return counts;
  };
  let sections = null;

  // How often counted words have a word. Of an unfinished word the beginning counts as much as the stem, which it may lack.
  function found(counts, word, unfinished) {
    const whole = counts.get(TopicRule.stem(word)) ?? counts.get(word) ?? 0;
    if (!unfinished) return whole;
    return [...counts.keys()].some((other) => other.startsWith(word)) ? Math.max(whole, 1) : whole / 2;
  }

  // The entries of the index that fit, the best first: rare words and words of headings weigh more.
  function search(query, limit) {
    sections ??= SEARCH_INDEX.map((entry) => ({ entry, head: counted(`${entry.title} ${entry.section}`), text: counted(entry.text) }));
    const asked = words(query), scores = new Map(sections.map((section) => [section, 0]));
    for (const [at, word] of asked.entries()) {
      const unfinished = at === asked.length - 1, hits = [];
      for (const section of scores.keys()) {
        const strength = 4 * found(section.head, word, unfinished) + Math.log1p(found(section.text, word, unfinished));
        if (strength) hits.push([section, strength]);
        else scores.delete(section);
      }
      const rare = Math.log(1 + sections.length / (1 + hits.length));
      for (const [section, strength] of hits) scores.set(section, scores.get(section) + rare * strength);
    }
    const best = asked.length ? [...scores].sort((one, other) => other[1] - one[1]) : [];
    return best.slice(0, limit).map(([section]) => section.entry);
  }

  return { search };
})();
