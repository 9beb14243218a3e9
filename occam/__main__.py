"""The command line: the same engine, headless.

    python -m occam run SPEC.json --out DIR [--device auto|cpu|cuda] [--dtype float32|float64] [--csv FILE]
    python -m occam schema
    python -m occam gallery DIR                     makes data/gallery: the run and the studies that pages open with

Exit codes: 0 done; 2 the spec or the arguments are wrong, one line per fault on stderr and nothing written; 3 the run
diverged, results still written.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from occam.datasets import OWN_CSV, CsvFault, Table, parse_csv
from occam.datasets.own_csv import MOST_BYTES as MOST_CSV_BYTES
from occam.spec import MOST_BYTES, RunSpec, SpecFault, read_spec

DONE, REFUSED, DIVERGED = 0, 2, 3


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
    schema = commands.add_parser("schema", help="print the JSON Schema of a spec")
    schema.set_defaults(command=_schema)
    gallery = commands.add_parser("gallery", help="record the run and the studies that pages open with")
    gallery.add_argument("folder", type=Path, metavar="DIR")
    gallery.set_defaults(command=_gallery)
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
    print(json.dumps({"RunSpec": RunSpec.model_json_schema()}, indent=2, ensure_ascii=False))
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


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe's own encoding may lack the symbols, or a path's bytes
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
