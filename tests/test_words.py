"""Words that the project's prose, docstrings and messages do without."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
AVOIDED = re.compile(r"\b(told|foretold|foretells?|brought|own\s+way)\b", re.IGNORECASE)
FOLDERS = ("lib", "chapters", "assets")
FILES = ("index.qmd", "explore.qmd", "README.md", "data/README.md", "CONTRIBUTING.md")
PROSE = {".py", ".toml", ".json", ".qmd", ".css", ".scss", ".js", ".html"}


def test_no_text_uses_an_avoided_word():
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in PROSE]
    paths += [ROOT / name for name in FILES if (ROOT / name).is_file()]
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for match in AVOIDED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]}")
    assert not found, "\n".join(found)
