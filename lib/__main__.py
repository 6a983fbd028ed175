"""The command line: ``python -m lib render | check | predict | advise | simulate | results``."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lib.posts import (
    ACTIVITIES,
    ACTIVITY_NAMES,
    LANGUAGES,
    PostsError,
    clean_text,
    language_of,
    parse_weights,
    printable,
    read_photo,
    start_of,
)
from lib.storage import (
    FileError,
    ModelError,
    check_target,
    checkout,
    default_output,
    make_folder,
    model_folder,
    reason,
)

if TYPE_CHECKING:
    from lib.study import Study

MOST_SEED = 2**32 - 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status, 0 for success.

    Raises
    ------
    SystemExit
        With status 2 if the arguments are wrong, and 0 after a help text.
    """
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(_unknown(options.parser, unknown[0]))
    try:
        status = options.run(options)
        if sys.stdout:
            sys.stdout.flush()  # so that an error of a pipe or a disk is found here
        return status
    except (PostsError, ModelError, FileError) as error:
        return _failed(error)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        _drop_output()
        return 0
    except OSError as error:
        if error.filename is not None:
            return _failed(f"{os.fsdecode(error.filename)}: {reason(error)}.")
        _drop_output()
        return _failed(f"The output can't be written: {reason(error)}.")
    except KeyboardInterrupt:
        print("\nStopped. Finished results are kept; the same command continues from there.", file=sys.stderr)
        return 130


def _failed(error: object) -> int:
    print(f"error: {_shown(error)}", file=sys.stderr)
    return 1


def _drop_output() -> None:
    """Send what is still in the buffer of the output nowhere: Python would try to write it again at its end."""
    if sys.stdout:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _shown(text: object) -> str:
    """A text in one line that can't control a terminal: the name of a file can hold anything."""
    return printable(str(text), len(str(text)))


class _Once(argparse.Action):
    """Store the value of an option, and refuse a second one."""

    def __call__(self, parser, namespace, values, option_string=None):
        if getattr(namespace, self.dest, None) is not None:
            raise argparse.ArgumentError(self, "it is given twice; give it once")
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the right form of the command, and whose help ends with an example."""

    def __init__(self, example: str = "", **settings: Any) -> None:
        layout = argparse.RawDescriptionHelpFormatter  # doesn't break the line of the example
        super().__init__(**settings, epilog=f"example: {example}", formatter_class=layout)
        self.color = False  # for Python 3.14: the error holds the usage
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        form = " ".join(self.format_usage().split()).removeprefix("usage: ").replace(" [-h]", "")
        if message.endswith("expected one argument"):
            message += " (one that begins with a dash is written --option=-value)"
        self.exit(2, f"error: {_shown(message)}. The right form is {form}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            meant = _meant(value, action.choices)
            raise argparse.ArgumentError(action, f"{_quoted(value)} is not one of {', '.join(action.choices)}{meant}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("python -m lib check posts.csv", prog="python -m lib", description="What drives actions per view.")
    commands = parser.add_subparsers(required=True, dest="command", title="commands")

    def command(name: str, run: Callable[[argparse.Namespace], int], says: str, example: str) -> _Parser:
        added = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", example=example)
        added.set_defaults(run=run, parser=added)
        return added

    render = command("render", _render, "render the book or one chapter", "python -m lib render --chapter 03")
    render.add_argument(
        "--chapter", type=_chapter, help="number or file of the chapter, such as 03 or chapters/03-image-model.qmd"
    )

    says = "check a table of posts: contents, errors, whether a report will run"
    check = command("check", _check, says, "python -m lib check posts.csv")
    check.add_argument("file", type=_path, help="CSV or Parquet file of posts")
    check.add_argument("--out", type=_path, help="CSV for what is unusable (default: NAME.rejected.csv beside it)")

    says = "predict the activities of drafts with the saved model"
    predict = command("predict", _predict, says, "python -m lib predict drafts.csv --out predictions.csv")
    predict.add_argument("file", type=_path, help="CSV with a column text or photo or both, and view if known")
    predict.add_argument("--out", type=_path, help="the CSV to write (default: NAME.predictions.csv beside it)")

    says = "predict the activities of one draft and advise what to change"
    example = 'python -m lib advise --text "Кто сегодня играет?" --photo photo.jpg --goal comment'
    advise = command("advise", _advise, says, example)
    advise.add_argument("--text", type=_text, help="the draft's text; one that begins with a dash as --text=-…")
    advise.add_argument("--photo", type=_path, help="the draft's photo: a JPEG, PNG, GIF, WEBP or BMP file")
    advise.add_argument(
        "--goal",
        type=_goal,
        help=f"the activity to increase (hide: to decrease): {', '.join(ACTIVITIES)}, or its name, such as комментарии",
    )
    advise.add_argument(
        "--value",
        type=_value,
        help="what an action of each kind is worth to you, such as like=1,hide=-20: says what each tip is worth in all",
    )
    advise.add_argument(
        "--lang",
        choices=LANGUAGES,
        metavar="LANG",
        help="language of the advice: en or ru (default: ru for a draft in Cyrillic, else en)",
    )
    advise.add_argument("--json", action="store_true", help="print JSON")

    says = "write a simulated feed as a CSV"
    simulate = command("simulate", _simulate, says, "python -m lib simulate --posts 4000 --out posts.csv")
    simulate.add_argument(
        "--posts", type=_size, help="number of posts (default: 4000, for a report that of the published data)"
    )
    simulate.add_argument("--seed", type=_seed, help="the same seed gives the same feed (default: 0)")
    simulate.add_argument(
        "--world",
        type=_world,
        help="plain (default), or a world that breaks an assumption, such as heavy-tails (chapter 1 has the list)",
    )
    what = simulate.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=_path, help="the CSV to write")
    what.add_argument("--report", action="store_true", help="print the feed's figures beside the published ones")

    says = "save the model, the advice and the results of the book (the last step of a render)"
    command("results", _results, says, "python -m lib results")
    return parser


def _unknown(parser: argparse.ArgumentParser, given: str) -> str:
    if not given.startswith("-"):
        return f"{_quoted(given)} is one argument too many; put quotes around a name or a text with spaces"
    option = given.partition("=")[0]
    known = [name for action in parser._actions for name in action.option_strings]
    return f"there is no option {_quoted(option)}{_meant(option, known)}"


def _meant(given: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _quoted(given: str) -> str:
    return f"“{printable(given)}”"


def _path(given: str) -> Path:
    if not given.strip() or "\0" in given:
        raise argparse.ArgumentTypeError("it is empty; give the name of a file")
    return Path(given)


def _text(given: str) -> str:
    try:
        given.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the text is not in UTF-8; use a terminal in UTF-8") from None
    return given


def _goal(given: str) -> str:
    goal = ACTIVITY_NAMES.get(given.strip().casefold())
    if goal is None:
        meant = _meant(given.casefold(), ACTIVITY_NAMES)
        raise argparse.ArgumentTypeError(f"{_quoted(given)} is not one of {', '.join(ACTIVITIES)}{meant}")
    return goal


def _value(given: str) -> dict[str, float]:
    try:
        return parse_weights(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _size(given: str) -> int:
    from lib.simulation import MOST_POSTS

    return _whole(given, 1, MOST_POSTS)


def _seed(given: str) -> int:
    return _whole(given, 0, MOST_SEED)


def _world(given: str) -> str:
    from lib.simulation import WORLDS

    if given not in WORLDS:
        raise argparse.ArgumentTypeError(f"{_quoted(given)} is not one of {', '.join(WORLDS)}{_meant(given, WORLDS)}")
    return given


def _whole(given: str, least: int, most: int) -> int:
    try:
        value = int(given)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{_quoted(given)} is not a whole number from {least} to {most}")
    return value


def _chapter(given: str) -> str:
    from lib.render import ChapterError, check_chapter

    try:
        check_chapter(given)
    except ChapterError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return given


def _render(options: argparse.Namespace) -> int:
    from lib.render import render

    if options.chapter is None:
        _check_home()
    study = _usable_study()
    print(f"Posts: {study.source.name}", flush=True)
    made_by = ", ".join(f"{kind}s by {encoder.name}" for kind, encoder in study.encoders.items())
    return render(options.chapter, encoders=made_by)


def _usable_study() -> Study:
    """The study of the feed; an unusable feed is refused in one line, and not by the traceback of a chapter."""
    from lib.posts import refusal
    from lib.study import open_study

    study = open_study()
    why = refusal(study.posts, lambda: study.split)
    if why:
        raise PostsError(f"{study.source.name}: {why}")
    return study


def _check_home() -> None:
    """Refuse a folder in which the model can't be saved: now rather than after an hour."""
    try:
        make_folder(model_folder())
        check_target(model_folder() / "new")
    except FileError as error:
        raise FileError(f"{error} The variable VIEW_TO_ACTION_HOME says where.") from None


def _results(options: argparse.Namespace) -> int:
    # A render sets these variables: the folder of the pages, and whether all pages were rendered.
    rendered = os.environ.get("QUARTO_PROJECT_OUTPUT_DIR")
    if rendered and not os.environ.get("QUARTO_PROJECT_RENDER_ALL"):
        return 0  # results are those of a whole book
    folder = Path(rendered) if rendered else (checkout() or Path()) / "_book"
    if not folder.is_dir():
        raise FileError(f"There is no folder {folder} to write results to. Run make report, which makes the folder.")
    check_target(folder / "results.json")
    _check_home()

    from lib.advice import save_advice
    from lib.report.results import write_results
    from lib.study import save_model

    study = _usable_study()
    # The model first: the advice names the model that it belongs to.
    print(f"The best forecast is kept in {_shown(os.path.relpath(save_model(study)))}")
    print(f"The advice is kept in {_shown(os.path.relpath(save_advice(study)))}")
    print(f"The results are in {_shown(os.path.relpath(write_results(study, folder)))}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from lib.posts import check_posts, write_rejected

    if options.out:
        check_target(options.out, [options.file])
    found = check_posts(options.file)
    print(f"{_shown(options.file)}:", *found.lines, sep="\n")
    if not len(found.posts.attrs["rejected"]) + len(found.posts.attrs["photo_problems"]):
        return 1 if found.refusal else 0
    out = options.out or default_output(options.file, "rejected.csv")
    unused = write_rejected(found.posts, out, [options.file])
    print(f"{unused:,} rows and photos that can't be used are listed in {_shown(out)}")
    return 1


def _predict(options: argparse.Namespace) -> int:
    start_of(options.file)  # a wrong name is refused before the model is loaded
    out = options.out or default_output(options.file, "predictions.csv")
    check_target(out, [options.file])

    from lib.models import load_model
    from lib.report import predict_file

    print(_shown(predict_file(options.file, out, load_model())))
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from lib.simulation import PLAIN, calibration_report, write_csv

    seed = options.seed or 0
    if options.report:
        if options.posts == 1:
            options.parser.error("--report compares figures of at least 2 posts")
        from lib.posts import facts

        print(calibration_report(options.posts or facts()["rows"], seed, options.world or PLAIN))
        return 0

    posts = options.posts or 4000
    write_csv(options.out, posts, seed, options.world or PLAIN)
    of = f" of the {options.world} world" if options.world else ""
    print(f"{posts:,} simulated posts{of} are in {_shown(options.out)}")
    return 0


def _advise(options: argparse.Namespace) -> int:
    import json

    text = options.text or ""
    if not clean_text(text) and options.photo is None:
        options.parser.error("there is nothing to score; give --text or --photo, or both")

    if options.photo is not None:
        read_photo(options.photo)  # a photo that can't be used is refused before anything heavy is loaded

    from lib.advice import DEFAULT_VALUE, advise_draft, load_scorer
    from lib.models import load_model
    from lib.report import draft_json, draft_report

    scorer = load_scorer()
    language = options.lang or language_of(text)
    value = options.value and DEFAULT_VALUE | options.value
    found = advise_draft(scorer, load_model(), text, options.photo, options.goal, value)
    if options.json:
        print(json.dumps(draft_json(found, scorer, language), ensure_ascii=False, indent=1))
    else:
        print(draft_report(found, scorer, language))
    return 0


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_: f"warning: {_shown(message)}\n"  # one line, without code
    for stream in (sys.stdout, sys.stderr):
        if stream:  # None if it is closed
            stream.reconfigure(errors="backslashreplace")  # a terminal in another encoding can't show every letter
    sys.exit(main())
