"""What a file is: packed tables are read within limits, and other files are named with a way out."""

import bz2
import gzip
import io
import re
import tarfile
import time
import zipfile
from contextlib import ExitStack

import pytest
from post_files import TABLE, text_of, write, zipped

from lib.posts.packed import HEADER_LIMIT, UNPACKED_FREE, check_size, open_table
from lib.posts.read import COLUMNS
from lib.posts.refusals import PostsError
from lib.posts.table import read_table

DATA = TABLE.encode()
MILLION = ",".join(f"c{i}" for i in range(10**6)) + "\n1,2\n"


def tarred(content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("posts.csv")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def opened(path):
    with ExitStack() as stack:
        return open_table(path, COLUMNS, stack).read()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: zipped(posts__csv=data, readme__txt="about")])
def test_a_table_is_unpacked(tmp_path, pack):
    assert opened(write(tmp_path, pack(DATA))) == DATA


@pytest.mark.parametrize("first", ["ORCID", "BZhour", "BMI", "version", "PARENT"])
def test_a_column_may_begin_like_another_kind_of_file(tmp_path, first):
    data = f"{first},{TABLE}".encode()
    assert opened(write(tmp_path, data)) == data


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\ufeff  [{}]", r"but JSON\. Convert it: pd\.read_json"),
        ('{"view": 1}\n{"view": 2}\n', "but JSON.*lines=True"),
        ("\n\n <html>", "a web page or XML.*export the posts as CSV"),
        ("{\\rtf1", "rich text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an Excel workbook.*CSV UTF-8.*32,767"),
        (zipped(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "is an Excel workbook.*CSV UTF-8.*32,767"),
        (zipped(**{"[Content_Types]__xml": "", "word/document__xml": ""}), "a Word document"),
        (zipped(mimetype="application/vnd.oasis", content__xml=""), "an OpenDocument file"),
        (zipped(a__zip=zipped(posts__csv=TABLE)), "with a zip archive in it.*Unpack it and name the CSV"),
        (zipped(a__csv=zipped(posts__csv=TABLE)), "with a zip archive in it"),
        (zipped(a__csv__gz=gzip.compress(DATA)), "with a gzip file in it"),
        (gzip.compress(gzip.compress(DATA)), "with a gzip file in it"),
        (gzip.compress(zipped(posts__csv=TABLE)), "with a zip archive in it"),
        (gzip.compress(bz2.compress(DATA)), "with a bzip2 file in it"),
        (tarred(DATA), "is a tar archive. Unpack"),
        (gzip.compress(tarred(DATA)), "is a gzip file with a tar archive in it"),
        (zipped(a__tar=tarred(DATA)), "is a zip file with a tar archive in it"),
        (gzip.compress(b"PAR1....", mtime=0), "with a Parquet file in it.*name the Parquet file"),
        (b"PARE....", "an encrypted Parquet file"),
        (b"ARROW1\0\0", "an Arrow or Feather file"),
        (b"\x80\x04\x95...", "a pickle"),
        (b"RIFF....WAVE" + bytes(99), "a binary file"),
        ("\ufeff\ufeff" + TABLE, r"two byte order marks.*tail -c \+4"),
        ("sep=;\r\n" + TABLE, "“sep=;”.*Delete that line.*with commas"),
        ("sep=,\r\n" + TABLE, "“sep=,”.*Delete that line, so that the first row names the columns.$"),
        ('\ufeff"SEP=\t"\n', r"“\"SEP=\\t\"”.*Delete that line"),
        *((text_of(delimiter=d), "separated by the sign.*with commas") for d in "^~\x01"),
        (text_of(delimiter=":"), "separated by colons"),
        (text_of(delimiter=" "), "separated by spaces"),
        (text_of(delimiter=";").upper(), "separated by semicolons"),
        ("".join(f'"{line}"\n' for line in ("view,like,text", "1,2,3")), "in quotes as a whole"),
        (TABLE.encode("utf-16"), "is UTF-16 text.*iconv -f UTF-16 -t"),
        (TABLE.encode("utf-16-le"), "is UTF-16LE text.*iconv -f UTF-16LE"),
        (TABLE.encode("utf-16-be"), "is UTF-16BE text"),
        (TABLE.encode("utf-32"), "is UTF-32 text"),
        (gzip.compress(text_of(delimiter=";").encode("utf-16-le")), "is UTF-16LE text"),
    ],
)
def test_other_files_are_named_with_a_way_out(tmp_path, content, said):
    with pytest.raises(PostsError) as error:
        opened(write(tmp_path, content))
    assert re.search(said, str(error.value)), error.value
    assert str(error.value).startswith(str(tmp_path / "posts.csv")) and "\n" not in str(error.value)


@pytest.mark.parametrize("content", [MILLION, MILLION.replace(",", ";"), "a" * 2**26, '"' * 2**26, "я" * 2**25])
def test_a_first_line_without_end_is_refused_at_once(tmp_path, content):
    path = write(tmp_path, content)
    start = time.process_time()
    with pytest.raises(PostsError, match=f"longer than {HEADER_LIMIT:,} bytes"):
        opened(path)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_named(tmp_path, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("posts.csv", TABLE * 50)
    data = bytearray(out.getvalue())
    data[60:80] = bytes(20)
    with pytest.raises(PostsError, match=r"is damaged after row 0: .*Copy or download it again"):
        read_table(write(tmp_path, bytes(data)), COLUMNS)


def lying(data):
    """A gzip file that states another size than it has."""
    return gzip.compress(data, 1)[:-4] + (1000).to_bytes(4, "little")


def test_what_unpacks_to_too_much_is_refused(tmp_path):
    data = DATA + bytes([10]) * (UNPACKED_FREE + 2**22)
    for pack in (lambda data: gzip.compress(data, 1), lying):
        with pytest.raises(PostsError, match=f"unpacks to more than {UNPACKED_FREE:,}. No table of posts packs"):
            opened(write(tmp_path, pack(data)))


@pytest.mark.parametrize(
    ("size", "unpacked", "fits"),
    [(10, 2**28, True), (10, 2**28 + 1, False), (2**21, 200 * 2**21, True), (2**21, 200 * 2**21 + 1, False)],
)
def test_the_limit_grows_with_the_file(tmp_path, size, unpacked, fits):
    path = write(tmp_path, bytes(size))
    if fits:
        check_size(path, unpacked)
    else:
        with pytest.raises(PostsError, match=f"has {size:,} bytes and unpacks"):
            check_size(path, unpacked)
