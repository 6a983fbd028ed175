"""The command line: ``python -m lib render | check | predict | advise | simulate``."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path

from lib.posts import PostsError
from lib.storage import FileError, ModelError, check_target, default_output


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status, 0 for success."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (PostsError, ModelError, FileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("\nStopped. Finished results are kept; the same command continues from there.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="command")

    render = commands.add_parser("render", help="render the book or one chapter")
    render.add_argument("--chapter", help="number or file of the chapter, such as 03 or chapters/03-image-model.qmd")
    render.set_defaults(run=_render)

    check = commands.add_parser("check", help="check a table of posts: contents, errors, whether a report will run")
    check.add_argument("file", type=Path)
    check.add_argument("--out", type=Path, help="CSV for what is unusable (default: NAME.rejected.csv beside it)")
    check.set_defaults(run=_check)

    predict = commands.add_parser("predict", help="predict the activities of drafts with the saved model")
    predict.add_argument("file", type=Path, help="CSV with a column text or photo or both, and view if known")
    predict.add_argument("--out", type=Path, help="the CSV to write (default: NAME.predictions.csv beside it)")
    predict.set_defaults(run=_predict)

    simulate = commands.add_parser("simulate", help="write a simulated feed as a CSV")
    simulate.add_argument(
        "--posts", type=_positive, help="number of posts (default: 4000, for a report that of the published data)"
    )
    simulate.add_argument("--seed", type=int, default=0)
    what = simulate.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="the CSV to write")
    what.add_argument("--report", action="store_true", help="print the feed's figures beside the published ones")
    simulate.set_defaults(run=_simulate)

    advise = commands.add_parser("advise", help="predict the activities of one draft and advise what to change")
    advise.add_argument("--text", default="", help="the draft's text")
    advise.add_argument("--photo", type=Path, help="the draft's photo: a JPEG, PNG, GIF, WEBP or BMP file")
    advise.add_argument("--goal", help="the activity to increase, such as share_to_message (hide: to decrease)")
    advise.add_argument("--json", action="store_true", help="print JSON")
    advise.set_defaults(run=_advise)
    return parser


def _render(options: argparse.Namespace) -> int:
    from lib.posts import refusal
    from lib.render import render
    from lib.study import open_study

    study = open_study()
    print(f"Posts: {study.source.name}", flush=True)
    # An unusable feed is refused here, in one line, and not by the traceback of a chapter.
    why = refusal(study.posts, lambda: study.split)
    if why:
        raise PostsError(f"{study.source.name}: {why}")
    made_by = ", ".join(f"{kind}s by {encoder.name}" for kind, encoder in study.encoders.items())
    status = render(options.chapter, encoders=made_by)
    if status == 0 and options.chapter is None:
        from lib.advice import save_advice
        from lib.study import save_model

        print(f"The best forecast is kept in {os.path.relpath(save_model(study))}")
        print(f"The advice is kept in {os.path.relpath(save_advice(study))}")
    return status


def _check(options: argparse.Namespace) -> int:
    from lib.posts import check_posts, write_rejected

    if options.out:
        check_target(options.out, [options.file])
    found = check_posts(options.file)
    print(f"{options.file}:", *found.lines, sep="\n")
    if not len(found.posts.attrs["rejected"]) + len(found.posts.attrs["photo_problems"]):
        return 1 if found.refusal else 0
    out = options.out or default_output(options.file, "rejected.csv")
    unused = write_rejected(found.posts, out, [options.file])
    print(f"{unused:,} rows and photos that can't be used are listed in {out}")
    return 1


def _predict(options: argparse.Namespace) -> int:
    from lib.models import load_model
    from lib.report import predict_file

    out = options.out or default_output(options.file, "predictions.csv")
    print(predict_file(options.file, out, load_model()))
    return 0


def _simulate(options: argparse.Namespace) -> int:
    if options.report:
        from lib.posts import facts
        from lib.simulation import calibration_report

        print(calibration_report(options.posts or facts()["rows"], options.seed))
        return 0
    from lib.simulation import write_csv

    posts = options.posts or 4000
    write_csv(options.out, posts, options.seed)
    print(f"{posts:,} simulated posts are in {options.out}")
    return 0


def _advise(options: argparse.Namespace) -> int:
    import json

    from lib.advice import advise_draft, load_scorer
    from lib.models import load_model
    from lib.report import draft_json, draft_report

    scorer = load_scorer()
    found = advise_draft(scorer, load_model(), options.text, options.photo, options.goal)
    if options.json:
        print(json.dumps(draft_json(found, scorer), ensure_ascii=False, indent=1))
    else:
        print(draft_report(found, scorer))
    return 0


def _positive(given: str) -> int:
    value = int(given)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{given} is not a positive whole number")
    return value


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_: f"warning: {message}\n"  # one line, without code
    sys.exit(main())
