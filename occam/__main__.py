"""The command line: the same engine, headless.

    python -m occam run SPEC.json --out DIR [--device auto|cpu|cuda] [--dtype float32|float64] [--csv FILE]
    python -m occam sweep SWEEP.json [--store FILE] [--workers N | --scheduler ADDRESS] [--csv FILE]
    python -m occam export STORE --csv FILE | --parquet FILE
    python -m occam schema
    python -m occam gallery DIR                     makes data/gallery: the run and the studies that pages open with
    python -m occam lessons DIR                     measures on fresh seeds how often each lesson's claim comes true

Exit codes: 0 done; 2 the spec or the arguments are wrong, one line per fault on stderr and nothing written; 3 the run
diverged, results still written; 4 a sweep could not compute every run (a full disk, say); 130 stopped by Ctrl-C.  What
a sweep has computed is stored, and the same command goes on.  In a sweep a divergence is a result.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from occam.datasets import OWN_CSV, CsvFault, Table, load, parse_csv
from occam.datasets.own_csv import MOST_BYTES as MOST_CSV_BYTES
from occam.spec import MOST_BYTES, RunSpec, SpecFault, read_spec
from occam.sweeps.spec import SweepSpec, read_sweep

if TYPE_CHECKING:
    from occam.sweeps.executors.job import Executor

DONE, REFUSED, DIVERGED, INCOMPLETE, STOPPED = 0, 2, 3, 4, 130
MOST_WORKERS = 256  # processes on one machine; each holds about 200 MB


class Refusal(Exception):
    """The spec or the arguments are wrong; `args` are the lines to print."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        return options.command(options)
    except Refusal as refusal:
        for line in refusal.args:
            print("".join(character if character.isprintable() else "�" for character in line), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m occam", description="Train and measure networks as Occam does.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="train one spec and write its folder", allow_abbrev=False)
    run.add_argument("spec", type=Path, metavar="SPEC.json")
    run.add_argument("--out", type=Path, required=True, metavar="DIR")
    run.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    run.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    run.add_argument("--csv", type=Path, metavar="FILE", help=f"the own file of a spec with dataset '{OWN_CSV}'")
    run.set_defaults(command=_run)
    sweep = commands.add_parser("sweep", help="train every run of a sweep into a store", allow_abbrev=False)
    sweep.add_argument("sweep", type=Path, metavar="SWEEP.json")
    sweep.add_argument("--store", type=Path, metavar="FILE", help="by default OCCAM_STORE, or the user's data folder")
    where = sweep.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="processes on this machine, by default one a core")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, by default OCCAM_SCHEDULER")
    sweep.add_argument("--csv", type=Path, metavar="FILE", help=f"the own file of a base with dataset '{OWN_CSV}'")
    sweep.set_defaults(command=_sweep)
    export = commands.add_parser("export", help="write a store's runs as a table", allow_abbrev=False)
    export.add_argument("store", type=Path, metavar="STORE")
    form = export.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", type=Path, metavar="FILE")
    form.add_argument("--parquet", type=Path, metavar="FILE")
    export.set_defaults(command=_export)
    schema = commands.add_parser("schema", help="print the JSON Schema of a spec and of a sweep")
    schema.set_defaults(command=_schema)
    gallery = commands.add_parser("gallery", help="record the run and the studies that pages open with")
    gallery.add_argument("folder", type=Path, metavar="DIR")
    gallery.set_defaults(command=_gallery)
    lessons = commands.add_parser("lessons", help="measure how often the claim of every lesson comes true")
    lessons.add_argument("folder", type=Path, metavar="DIR", help="the lessons; receives frequencies.json")
    lessons.set_defaults(command=_lessons)
    return parser


def _run(options: argparse.Namespace) -> int:
    spec = _read_spec(options.spec)
    table = _read_table(options.csv, spec)
    from occam.export import run_folder  # these load torch, which a refusal can do without
    from occam.training.run import train

    if obstacle := run_folder.obstacle(options.out):
        raise Refusal(f"--out: {obstacle}; allowed: a folder, new or existing, that can be written")
    try:
        run = train(spec, table=table, device=options.device, dtype=options.dtype)
    except CsvFault as fault:
        raise Refusal(f"--csv: {fault}") from None
    assert run.samples is not None and run.ending is not None
    if options.device == "cuda" and not run.header.device.startswith("GPU"):
        print(f"--device: cuda; trained on {run.header.device}", file=sys.stderr)
    try:
        run_folder.write(run, run.samples, options.out)
    except OSError as error:
        raise Refusal(f"--out: {options.out} cannot be written ({error.strerror})") from None
    ending = run.ending
    print(f"{ending.status} at step {ending.step} ({ending.reason}), training loss {ending.loss:.6g}: {options.out}")
    return DIVERGED if ending.status == "diverged" else DONE


def _sweep(options: argparse.Namespace) -> int:
    sweep = _read_sweep(options.sweep)
    table = _read_table(options.csv, sweep.nth(0))
    address = options.scheduler or (os.environ.get("OCCAM_SCHEDULER") if options.workers is None else None)
    if options.workers is not None and not 1 <= options.workers <= MOST_WORKERS:
        raise Refusal(f"--workers: {options.workers}; allowed: a whole number at least 1 and at most {MOST_WORKERS}")
    try:
        for target in sweep.vary.get("data.csv_target", (None,)) if table else ():
            load(sweep.base.replace({"data.csv_target": target} if target else {}).data, table)
    except CsvFault as fault:
        raise Refusal(f"--csv: {fault}") from None
    from occam.sweeps.console import compute
    from occam.sweeps.executors.job import ExecutorFault
    from occam.sweeps.store import Store, StoreFault, default_path

    with ExitStack() as opened:
        try:
            executor = opened.enter_context(closing(_executor(options.workers, address)))
            store = opened.enter_context(Store.open(options.store or default_path()))
        except ExecutorFault as fault:
            raise Refusal(f"--scheduler: {fault}") from None
        except StoreFault as fault:
            raise Refusal(f"--store: {fault}") from None
        outcome = compute(sweep, store, executor, table)
    return DONE if outcome == "complete" else STOPPED if outcome == "stopped" else INCOMPLETE


def _executor(workers: int | None, address: str | None) -> Executor:
    if address:
        from occam.sweeps.executors.cluster import Cluster

        return Cluster(address)
    from occam.sweeps.executors.local import Local

    return Local(workers)


def _export(options: argparse.Namespace) -> int:
    argument, path = ("--csv", options.csv) if options.csv else ("--parquet", options.parquet)
    from occam.sweeps.store import Store, StoreFault
    from occam.sweeps.table import export

    if path.exists() and options.store.exists() and path.samefile(options.store):
        raise Refusal(f"{argument}: {path} is the store itself; allowed: another file")
    writable = all(os.access(part, os.W_OK) for part in (options.store, options.store.absolute().parent))
    try:
        with Store.open(options.store, create=False, read_only=not writable) as store:
            count = export(store, path, "csv" if options.csv else "parquet")
    except StoreFault as fault:
        raise Refusal(f"STORE: {fault}") from None
    except OSError as error:
        raise Refusal(f"{argument}: {path} cannot be written ({error.strerror})") from None
    print(f"{count} rows: {path}")
    return DONE


def _read_sweep(path: Path) -> SweepSpec:
    try:
        return read_sweep(_read("SWEEP.json", path, MOST_BYTES, "a JSON file"))
    except SpecFault as fault:
        raise Refusal(*fault.lines) from None


def _read_spec(path: Path) -> RunSpec:
    try:
        return read_spec(_read("SPEC.json", path, MOST_BYTES, "a JSON file"))
    except SpecFault as fault:
        raise Refusal(*fault.lines) from None


def _read_table(path: Path | None, spec: RunSpec) -> Table | None:
    own = spec.data.dataset == OWN_CSV
    if path is None and own:
        raise Refusal(f"--csv: missing; allowed: the file with the SHA-256 {spec.data.csv_sha256}")
    if path is None:
        return None
    if not own:
        raise Refusal(f"--csv: {path}; allowed: only with data.dataset '{OWN_CSV}'")
    try:
        return parse_csv(_read("--csv", path, MOST_CSV_BYTES, "a CSV file"))
    except CsvFault as fault:
        raise Refusal(f"--csv: {fault}") from None


def _read(argument: str, path: Path, most: int, allowed: str) -> bytes:
    """The content of a file of at most `most` bytes; of a longer one no more than that is ever read."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise Refusal(f"{argument}: {path} cannot be read ({error.strerror}); allowed: {allowed}") from None
    if len(content) > most:
        raise Refusal(f"{argument}: {path} is too long; allowed: {allowed} of at most {most} bytes")
    return content


def _schema(options: argparse.Namespace) -> int:
    schemas = {model.__name__: model.model_json_schema() for model in (RunSpec, SweepSpec)}
    print(json.dumps(schemas, indent=2, ensure_ascii=False))
    return DONE


def _gallery(options: argparse.Namespace) -> int:
    from occam.studies import archive as studies
    from occam.studies.defaults import DEFAULTS, RUNS
    from occam.studies.study import results
    from occam.training import archive
    from occam.training.run import train

    if options.folder.exists() and not options.folder.is_dir():
        raise Refusal(f"DIR: {options.folder} is a file; allowed: a folder, new or existing")
    folder = options.folder / "studies"
    recordings = {options.folder / f"{name}.npz": train(spec, device="cpu") for name, spec in RUNS.items()}
    try:
        for path, run in recordings.items():
            archive.save(run, path)
            print(f"recorded a run: {path}")
        names = {studies.file_name(spec): spec for spec in DEFAULTS}
        for outdated in {known.name for known in folder.glob("*.npz")} - names.keys():
            (folder / outdated).unlink()
        for name, spec in names.items():
            studies.save(spec, list(results(spec)), folder / name)
            print(f"recorded a study: {folder / name}")
    except OSError as error:
        raise Refusal(f"DIR: {options.folder} cannot be written ({error.strerror})") from None
    return DONE


def _lessons(options: argparse.Namespace) -> int:
    from occam.lessons import frequency
    from occam.lessons.reading import read_course
    from occam.training.device import one_thread

    course = read_course(options.folder)
    if course.faults:
        raise Refusal(*course.faults)
    if not course.lessons:
        raise Refusal(f"DIR: {options.folder} holds no lessons; allowed: a folder of .md files as in data/lessons")
    found = {}
    for name, lesson in course.lessons.items():
        with one_thread():
            found[name] = frequency.measure(lesson)
        print(f"{name}: {lesson.claim} in {found[name].count(lesson.claim)} of {found[name].n} seeds", flush=True)
    try:
        print(frequency.save(found, options.folder))
    except OSError as error:
        raise Refusal(f"DIR: {options.folder} cannot be written ({error.strerror})") from None
    return DONE


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe's own encoding may lack the symbols, or a path's bytes
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
