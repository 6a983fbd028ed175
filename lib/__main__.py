"""The command line: ``python -m lib`` with one of its commands, also installed as ``view-to-action``."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lib.arguments import (
    Parser,
    as_chapter,
    as_goal,
    as_lever,
    as_path,
    as_percent,
    as_seed,
    as_size,
    as_text,
    as_value,
    as_whole,
    as_world,
    name_columns,
    name_engine,
    shown,
    unknown,
)
from lib.posts import ACTIVITIES, LANGUAGES, PostsError, clean_text, is_many, language_of, read_photo, start_of
from lib.storage import (
    FileError,
    ModelError,
    check_target,
    checkout,
    default_output,
    default_posts,
    make_folder,
    model_folder,
    reason,
    write_whole,
)

if TYPE_CHECKING:
    from lib.study import Study


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status, 0 for success.

    Raises
    ------
    SystemExit
        With status 2 if the arguments are wrong, and 0 after a help text.
    """
    options, others = _parser().parse_known_args(arguments)
    if others:
        options.parser.error(unknown(options.parser, others[0]))
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
    print(f"error: {shown(error)}", file=sys.stderr)
    return 1


def _drop_output() -> None:
    """Send what is still in the buffer of the output nowhere: Python would try to write it again at its end."""
    if sys.stdout:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = Parser("python -m lib check posts.csv", prog="python -m lib", description="What drives actions per view.")
    commands = parser.add_subparsers(required=True, dest="command", title="commands")

    def command(name: str, run: Callable[[argparse.Namespace], int], says: str, example: str) -> Parser:
        added = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", example=example)
        added.set_defaults(run=run, parser=added)
        return added

    render = command("render", _render, "render the book or one chapter", "python -m lib render --chapter 03")
    name_columns(render)
    render.add_argument(
        "--chapter", type=as_chapter, help="number or file of the chapter, such as 03 or chapters/03-image-model.qmd"
    )

    says = "check a table of posts: contents, errors, whether a report will run"
    check = command("check", _check, says, "python -m lib check posts.csv")
    check.add_argument("file", type=as_path, help="CSV or Parquet file of posts, a folder or a pattern of them")
    name_columns(check)
    check.add_argument("--out", type=as_path, help="CSV for what is unusable (default: NAME.rejected.csv beside it)")

    says = "predict the activities of drafts with the saved model"
    predict = command("predict", _predict, says, "python -m lib predict drafts.csv --out predictions.csv")
    predict.add_argument("file", type=as_path, help="CSV with a column text or photo or both, and view if known")
    predict.add_argument("--out", type=as_path, help="the CSV to write (default: NAME.predictions.csv beside it)")
    name_engine(predict)

    says = "write the vectors of texts and photos, a file for each table: for more posts than memory holds"
    embed = command("embed", _embed, says, "python -m lib embed posts/ --out vectors")
    embed.add_argument("tables", type=as_text, nargs="+", help="CSV or Parquet files, folders, or patterns of them")
    embed.add_argument("--out", type=as_path, required=True, help="folder to write to; files that are there are kept")
    embed.add_argument("--text", type=as_text, metavar="NAME", help="the encoder of texts (default: auto; or none)")
    embed.add_argument("--photo", type=as_text, metavar="NAME", help="the encoder of photos (default: auto; or none)")
    name_engine(embed)

    says = "predict the activities of one draft and advise what to change"
    example = 'python -m lib advise --text "Кто сегодня играет?" --photo photo.jpg --goal comment'
    advise = command("advise", _advise, says, example)
    advise.add_argument("--text", type=as_text, help="the draft's text; one that begins with a dash as --text=-…")
    advise.add_argument("--photo", type=as_path, help="the draft's photo: a JPEG, PNG, GIF, WEBP or BMP file")
    advise.add_argument(
        "--goal",
        type=as_goal,
        help=f"the activity to increase (hide: to decrease): {', '.join(ACTIVITIES)}, or its name, such as комментарии",
    )
    advise.add_argument("--group", type=as_text, help="the group that the draft is for, as in the feed's column group")
    advise.add_argument(
        "--value",
        type=as_value,
        help="what an action of each kind is worth to you, such as like=1,hide=-20: says what each tip is worth in all",
    )
    advise.add_argument(
        "--lang",
        choices=LANGUAGES,
        metavar="LANG",
        help="language of the advice: en or ru (default: ru for a draft in Cyrillic, else en)",
    )
    advise.add_argument(
        "--narrow",
        action="store_true",
        help="intervals and tips as if comparisons of posts had no bias (default: a bias as beside randomised tests)",
    )
    advise.add_argument("--json", action="store_true", help="print JSON")

    says = "plan an experiment on one change, or read its outcome"
    plan = command("plan", _plan, says, "python -m lib plan --goal comment --lever question --posts-per-week 20")
    plan.add_argument("--goal", type=as_goal, required=True, help="the activity to change, as for advise")
    plan.add_argument("--lever", type=as_lever, required=True, help="what to change, such as question or вопрос")
    plan.add_argument("--topic", type=as_text, help="a topic of the feed, by name (default: posts of all topics)")
    plan.add_argument("--posts-per-week", type=partial(as_whole, least=1, most=1000), help="of both sides (default: 7)")
    plan.add_argument("--effect", type=as_percent, help="the change to find, such as 20%% (default: the estimate)")
    plan.add_argument("--seed", type=as_seed, help="the same seed gives the same schedule (default: 0)")
    file = plan.add_mutually_exclusive_group()
    file.add_argument("--out", type=as_path, help="the CSV to write the schedule to")
    file.add_argument("--outcome", type=as_path, help="that CSV with the results filled in: says what the change did")
    plan.add_argument("--lang", choices=LANGUAGES, metavar="LANG", help="language: en or ru (default: en)")

    says = "write a simulated feed as a CSV"
    simulate = command("simulate", _simulate, says, "python -m lib simulate --posts 4000 --out posts.csv")
    simulate.add_argument(
        "--posts", type=as_size, help="number of posts (default: 4000, for a report that of the published data)"
    )
    simulate.add_argument("--seed", type=as_seed, help="the same seed gives the same feed (default: 0)")
    says = "plain (default), or a world that breaks an assumption, such as heavy-tails (chapter 1 has the list)"
    simulate.add_argument("--world", type=as_world, help=says)
    simulate.add_argument("--no-photos", action="store_true", help="write posts of texts alone")
    simulate.add_argument("--shards", type=partial(as_whole, least=1, most=10_000), help="write so many tables")
    what = simulate.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=as_path, help="the CSV to write; with --shards a folder")
    what.add_argument("--report", action="store_true", help="print the feed's figures beside the published ones")

    says = "compute the figures of chapter 7 on your own tables: real posts, and randomised tests of posts"
    real = command("real", _real, says, "python -m lib real folder")
    real.add_argument("folder", type=as_path, help="folder of CSV and Parquet files")
    real.add_argument("--out", type=as_path, help="JSON file to write (default: the one that the chapter reads)")

    says = "write a chapter as a notebook beside its source, unless there is one, and print its path"
    notebook = command("notebook", _notebook, says, "python -m lib notebook 03")
    notebook.add_argument("chapter", type=as_chapter, help="number or file of the chapter, as for render")

    says = "save the model, the advice and the results of the book (after a render)"
    command("results", _results, says, "python -m lib results")
    says = "add notebooks, sources, the library's API and llms.txt to the pages (the last step of a render)"
    command("publish", _publish, says, "python -m lib publish")
    says = "compute the slow steps of the whole book side by side, which a render does first"
    command("prepare", _prepare, says, "python -m lib prepare")
    return parser


def _render(options: argparse.Namespace) -> int:
    from lib.render import render
    from lib.study import page_inputs

    if (options.group or options.time) and not (os.environ.get("POSTS") or default_posts().exists()):
        options.parser.error("--group and --time name columns of a file; name the file: POSTS=posts.csv")
    columns = {"POSTS_GROUP": options.group, "POSTS_TIME": options.time}  # for the processes of the chapters
    os.environ.update({name: column for name, column in columns.items() if column is not None})
    if options.chapter is None:
        _check_home()
    study = _usable_study()
    print(f"Posts: {study.source.name}", flush=True)
    made_by = ", ".join(f"{kind}s by {encoder.name}" for kind, encoder in study.encoders.items())
    return render(options.chapter, encoders=made_by, inputs=lambda: page_inputs(study))


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


def _prepare(options: argparse.Namespace) -> int:
    if _part_of_a_book():
        return 0

    from lib.report.prepare import prepare

    prepare(_usable_study(), _say)
    return 0


def _part_of_a_book() -> bool:
    """Whether a render of a few pages runs this command. A render sets the variables that say so."""
    return bool(os.environ.get("QUARTO_PROJECT_OUTPUT_DIR")) and not os.environ.get("QUARTO_PROJECT_RENDER_ALL")


def _results(options: argparse.Namespace) -> int:
    if _part_of_a_book():
        return 0  # results are those of a whole book
    rendered = os.environ.get("QUARTO_PROJECT_OUTPUT_DIR")
    folder = Path(rendered) if rendered else (checkout() or Path()) / "_book"
    if not folder.is_dir():
        raise FileError(f"There is no folder {folder} to write results to. Run make report, which makes the folder.")
    check_target(folder / "results.json")
    _check_home()

    from lib.advice import save_advice
    from lib.report.explore import write_explore_data
    from lib.report.panel import write_scorer_data
    from lib.report.results import write_results
    from lib.study import save_model

    study = _usable_study()
    # The model first: the advice names the model that it belongs to.
    print(f"The best forecast is kept in {shown(os.path.relpath(save_model(study)))}")
    print(f"The advice is kept in {shown(os.path.relpath(save_advice(study)))}")
    print(f"The draft panel's numbers are in {shown(os.path.relpath(write_scorer_data(study, folder)))}")
    print(f"The posts of the explore page are in {shown(os.path.relpath(write_explore_data(study, folder)))}")
    print(f"The results are in {shown(os.path.relpath(write_results(study, folder)))}")
    return 0


def _notebook(options: argparse.Namespace) -> int:
    from lib.render import ChapterError, write_notebook

    try:
        path = write_notebook(options.chapter, say=lambda line: print(line, file=sys.stderr))
    except ChapterError as error:
        return _failed(error)
    print(shown(os.path.relpath(path)))
    return 0


def _publish(options: argparse.Namespace) -> int:
    from lib.render import ChapterError, publish_book

    try:
        publish_book(say=_say)
    except ChapterError as error:
        return _failed(error)
    return 0


def _check(options: argparse.Namespace) -> int:
    from lib.posts import check_posts, named_after, tables, write_rejected

    files = tables([options.file])
    if options.out:
        check_target(options.out, files)
    found = check_posts(options.file, options.group, options.time)
    print(f"{shown(options.file)}:", *found.lines, sep="\n")
    if not len(found.posts.attrs["rejected"]) + len(found.posts.attrs["photo_problems"]):
        return 1 if found.refusal else 0
    out = options.out or default_output(named_after(files), "rejected.csv")
    unused = write_rejected(found.posts, out, files)
    print(f"{unused:,} rows and photos that can't be used are listed in {shown(out)}")
    return 1


def _predict(options: argparse.Namespace) -> int:
    if is_many(options.file):
        if options.out is None:
            options.parser.error("many tables need --out, a folder for their predictions")
        return _on_many(options, "predict_many", options.file, options.out)

    start_of(options.file)  # a wrong name is refused before the model is loaded
    out = options.out or default_output(options.file, "predictions.csv")
    check_target(out, [options.file])

    from lib.models import load_model
    from lib.report import predict_file

    print(shown(predict_file(options.file, out, load_model())))
    return 0


def _embed(options: argparse.Namespace) -> int:
    if options.text == options.photo == "none":
        options.parser.error("--text none and --photo none leave nothing to embed")
    return _on_many(options, "embed_many", options.tables, options.out, options.text, options.photo)


def _on_many(options: argparse.Namespace, name: str, *arguments: object) -> int:
    """Run a function of :mod:`lib.report.many` on the engine that was asked for."""
    if options.engine != "ray" and (options.address or options.gpus):
        options.parser.error("--address and --gpus are for a Ray cluster: add --engine ray")

    from lib.report import many

    run = many.engine(options.engine, options.workers, options.address, options.gpus)
    try:
        return getattr(many, name)(*arguments, run, _say)
    except ValueError as error:
        return _failed(error)


def _simulate(options: argparse.Namespace) -> int:
    from lib.simulation import PLAIN, calibration_report, write_csv, write_shards

    seed = options.seed or 0
    if options.report:
        if options.posts == 1:
            options.parser.error("--report compares figures of at least 2 posts")
        if options.no_photos or options.shards:
            options.parser.error("--no-photos and --shards are for a feed that is written: use them with --out")
        from lib.posts import facts

        print(calibration_report(options.posts or facts()["rows"], seed, options.world or PLAIN))
        return 0

    posts, shards = options.posts or 4000, options.shards
    if shards and shards > posts:
        options.parser.error(f"--shards {shards} would leave tables without posts: there are {posts:,} posts")
    write = partial(write_shards, shards=shards) if shards else write_csv
    write(options.out, posts, seed, options.world or PLAIN, with_photos=not options.no_photos)
    world = f" of the {options.world} world" if options.world else ""
    print(f"{posts:,} simulated posts{world} are in {shown(options.out)}")
    return 0


def _real(options: argparse.Namespace) -> int:
    from lib.report.real import compute_folder

    return 1 if compute_folder(options.folder, options.out, _say) else 0


def _say(line: str) -> None:
    print(shown(line), flush=True)


def _advise(options: argparse.Namespace) -> int:
    import json

    text = options.text or ""
    if not clean_text(text) and options.photo is None:
        options.parser.error("there is nothing to score; give --text or --photo, or both")

    if options.photo is not None:
        read_photo(options.photo)  # a photo that can't be used is refused before anything heavy is loaded

    from lib.advice import advise_draft, load_scorer
    from lib.models import DEFAULT_VALUE, load_model
    from lib.report import draft_json, draft_report

    scorer = load_scorer().without_bias() if options.narrow else load_scorer()
    language = options.lang or language_of(text)
    value = options.value and DEFAULT_VALUE | options.value
    found = advise_draft(scorer, load_model(), text, options.photo, options.goal, value, options.group)
    if options.json:
        print(json.dumps(draft_json(found, scorer, language), ensure_ascii=False, indent=1))
    else:
        print(draft_report(found, scorer, language, options.narrow))
    return 0


def _plan(options: argparse.Namespace) -> int:
    if options.outcome:
        start_of(options.outcome)  # a wrong name is refused before anything heavy is loaded
    if options.out:
        check_target(options.out)
        if options.out.exists():
            raise FileError(f"{options.out} is there, and may hold results. Name a new file.")

    from lib.advice import expected_effect, find_topic, load_scorer, make_plan, read_outcome
    from lib.report import outcome_report, plan_report, schedule_csv

    scorer, language, of = load_scorer(), options.lang or "en", (options.goal, options.lever)
    if options.outcome:
        estimate = expected_effect(scorer, *of, find_topic(scorer, options.topic))
        planned = options.effect or (estimate and estimate.effect)
        print(outcome_report(*read_outcome(options.outcome, *of), options.goal, planned, scorer, language))
        return 0
    plan = make_plan(scorer, *of, options.topic, options.effect, options.posts_per_week or 7, options.seed or 0)
    if options.out:
        write_whole(options.out, schedule_csv(plan, scorer, language).encode())
    print(plan_report(plan, scorer, language, options.out and shown(options.out)))
    return 0


def command() -> int:
    """The command line as a program: one line for a warning, and letters that a terminal can't show escaped."""
    gc.set_threshold(100_000)  # imports make many objects and leave few to collect
    warnings.formatwarning = lambda message, *_: f"warning: {shown(message)}\n"  # one line, without code
    for stream in (sys.stdout, sys.stderr):
        if stream:  # None if it is closed
            stream.reconfigure(errors="backslashreplace")  # a terminal in another encoding can't show every letter
    return main()


if __name__ == "__main__":
    sys.exit(command())
