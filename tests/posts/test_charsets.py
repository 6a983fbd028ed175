"""Tables that aren't UTF-8: what is found out is said, and nobody is advised to damage a file."""

import re

import pytest
from post_files import GOOD, row, text_of, write

from lib.posts.read import COLUMNS
from lib.posts.refusals import PostsError
from lib.posts.table import read_table


def table(text, rows=20):
    return text_of(*(row(text=f"{text} {i}") for i in range(rows)))


RUSSIAN = table("Доброе утро, друзья! Сегодня мы идём гулять")
CAPITALS = table("СКИДКИ НА ВСЕ ТОВАРЫ ДО КОНЦА НЕДЕЛИ")
UKRAINIAN = table("Привіт, друзі! Сьогодні ми йдемо гуляти у ліс")


def refused(tmp_path, content):
    path = write(tmp_path, content)
    with pytest.raises(PostsError) as error:
        list(read_table(path, COLUMNS).rows)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(str(path))


@pytest.mark.parametrize("encoding", ["CP1251", "KOI8-R", "CP866", "ISO-8859-5"])
@pytest.mark.parametrize("text", [RUSSIAN, CAPITALS])
def test_a_conversion_is_advised_where_it_is_certain_and_shows_what_it_gives(tmp_path, text, encoding):
    said = refused(tmp_path, text.encode(encoding))
    assert f"iconv -f {encoding} -t UTF-8" in said and "near row 2: it looks like" in said
    assert re.search("row 2 reads “(Доброе утро, друзья|СКИДКИ НА ВСЕ)", said)


def test_a_neighbour_of_russian_is_read_as_well(tmp_path):
    assert "iconv -f CP1251" in refused(tmp_path, UKRAINIAN.encode("cp1251"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (RUSSIAN.encode("mac_cyrillic"), "reads “„оброе утро"),
        (table("Été à la plage: déjà vu, garçon").encode("cp1252"), "120 bytes in all"),
        (table("It’s fine — really").encode("cp1252"), "“It’s fine — really 0” in Windows-1251"),
        (text_of(row(text="QQ")).encode().replace(b"QQ", b"don\x92t"), "row 2 is the first that isn't (1 byte in all)"),
        (RUSSIAN.encode("cp1251") + RUSSIAN.encode("koi8-r"), "isn't certain"),
        (table("Доброе утро, друзья", 2000).encode("cp1251") + RUSSIAN.encode("koi8-r"), "isn't certain"),
    ],
    ids=["mac", "french", "english", "one byte", "two encodings", "two encodings, one late"],
)
def test_no_conversion_is_advised_where_none_is_certain(tmp_path, content, said):
    message = refused(tmp_path, content)
    assert said in message and "isn't certain" in message
    assert "iconv" not in message and "program that wrote it" in message


BROKEN = RUSSIAN.encode().replace("гулять 7".encode(), "гул".encode() + b"\xd1 \xff")
LONG = text_of(GOOD, row(text="я" * 100_000), row(text="a\n" * 5000 + "я"), row(text="ярко QQ")).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BROKEN, "a broken character in row 9; the rest is UTF-8 (2 broken places)"),
        (LONG.replace(b"QQ", b"\xff\xfe"), "a broken character in row 5; the rest is UTF-8"),
        (
            RUSSIAN.replace("идём", "идём№").encode().replace(b"\xe2\x84\x96", b"\xe2\x84"),
            "and 15 more; the rest is UTF-8 (20",
        ),
        (RUSSIAN.encode().replace(b"photo\r", b"photo,\xff\r", 1), "a broken character in row 1; the rest is UTF-8"),
        (LONG.replace(b"QQ", b"\xed\xa0\xbd\xed\xb8\x80"), "a broken character in row 5"),  # CESU-8
        (LONG.replace(b"QQ", b"caf\xe9"), "a broken character in row 5"),
        (RUSSIAN.encode() + b'1,2,3,4,5,6,7,8,"\xd1', "a broken character in row 22"),
        (RUSSIAN.encode() + RUSSIAN.encode("cp1251"), "rows 23, 24, 25, 26, 27 and 15 more are in another encoding"),
        (RUSSIAN.encode("cp1251") + RUSSIAN.encode(), "rows 2, 3, 4, 5, 6 and 15 more are in another encoding"),
    ],
)
def test_a_file_that_is_utf8_but_for_some_rows_is_not_converted(tmp_path, content, said):
    message = refused(tmp_path, content)
    assert said in message and "would damage the rest" in message and "iconv" not in message
