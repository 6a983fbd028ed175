"""Tables of posts as files, for the tests."""

import base64
import csv
import io
import zipfile

from photo_files import blots, encode

from lib.posts import COLUMNS

PHOTO = encode(blots(0), "JPEG")
PHOTO_FIELD = base64.b64encode(PHOTO).decode()
GOOD = ["1000", "5", "0", "1", "0", "20", "3", "2", "Привет", PHOTO_FIELD]


def row(**fields):
    """A row of ten fields: those of ``GOOD``, some of them replaced."""
    return [fields.get(column, good) for column, good in zip(COLUMNS, GOOD, strict=True)]


def text_of(*rows, header=COLUMNS, **options):
    """The text of a CSV file."""
    out = io.StringIO()
    csv.writer(out, **options).writerows([header, *rows])
    return out.getvalue()


def zipped(**members):
    """A zip file; ``a__csv`` names the member a.csv."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def write(folder, content, name="posts.csv"):
    """The path of a file with this text or these bytes."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


TABLE = text_of(GOOD, row(text='две\nстроки, «кавычки» и "ещё"', photo=""))
