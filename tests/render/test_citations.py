"""Citations and the list of references."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.render.portable.citations import cite, read_bibliography, reference_list
from lib.render.portable.crossref import Item

BIB = r"""
@article{lee2001, author={Lee, Ann and R{\"a}y, Bo}, title={On $p$ and {BETA}}, journal={J. Stat.}, year={2001},
  volume={3}, pages={1--10}, doi={10.1000/xyz_1}}
@article{lee2001again, author={Lee, Ann and R{\"a}y, Bo}, title={An encore}, journal={J. Stat.}, year={2001}}
@book{many, author={A, B and C, D and E, F and van der Gun, H}, title={Many}, publisher={P}, year={2020}}
@misc{team, author={{The Team}}, title={Notes}}
"""


@pytest.fixture
def entries(tmp_path):
    (tmp_path / "a.bib").write_text(BIB, encoding="utf-8")
    return read_bibliography([tmp_path / "a.bib"])


@pytest.mark.parametrize(
    ("items", "bracketed", "expected"),
    [
        ([Item("", "many", "", False)], True, "([A et al. 2020](r#ref-many){.citation})"),
        ([Item("", "many", "", False)], False, "A et al. ([2020](r#ref-many){.citation})"),
        ([Item("", "many", ", p. 3", False)], False, "A et al. ([2020](r#ref-many){.citation}, p. 3)"),
        ([Item("", "many", "", True)], True, "([2020](r#ref-many){.citation})"),
        (
            [Item("see", "lee2001", ", p. 3", False), Item("", "team", "", False)],
            True,
            "(see [Lee and Räy 2001b](r#ref-lee2001){.citation}, p. 3; [The Team n.d.](r#ref-team){.citation})",
        ),
    ],
)
def test_a_citation_names_authors_and_year(entries, items, bracketed, expected):
    assert cite(items, bracketed, entries, "r") == expected


def test_the_list_holds_what_is_cited_sorted_by_author(entries):
    text = reference_list(entries, {"many", "lee2001", "lee2001again"})
    assert [key for key in entries if f'id="ref-{key}"' in text] == ["many", "lee2001again", "lee2001"]
    assert text.index("ref-many") < text.index("ref-lee2001again") < text.index('ref-lee2001"')
    assert "2001a" in text
    assert "<math" in text
    assert 'href="https://doi.org/10.1000/xyz_1"' in text


@pytest.mark.parametrize(
    ("bib", "why"),
    [
        ("@article{a, author={", "can't be read"),
        ("@misc{a, year={2001}}", "neither author nor title"),
        (None, "does not exist"),
    ],
)
def test_a_bibliography_that_cannot_be_used_is_named(tmp_path, bib, why):
    path: Path = tmp_path / "a.bib"
    if bib is not None:
        path.write_text(bib, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        read_bibliography([path])
