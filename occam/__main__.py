"""The command line: the same engine, headless.

    python -m occam run SPEC.json --out DIR [--device auto|cpu|cuda] [--dtype float32|float64] [--csv FILE]
    python -m occam schema
    python -m occam gallery DIR

Exit codes: 0 done; 2 the spec or the arguments are wrong, one line per fault on stderr and nothing written; 3 the run
diverged, results still written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from occam.datasets import OWN_CSV, CsvFault, Table, parse_csv
from occam.spec import RunSpec, faults

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
        print(*refusal.args, sep="\n", file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m occam", description="Train and measure networks as Occam does.", allow_abbrev=False)
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
    gallery = commands.add_parser("gallery", help="record the runs that the app opens with")
    gallery.add_argument("folder", type=Path, metavar="DIR")
    gallery.set_defaults(command=_gallery)
    return parser


def _run(options: argparse.Namespace) -> int:
    spec, table = _read_spec(options.spec), _read_table(options.csv)
    if options.out.exists() and not options.out.is_dir():
        raise Refusal(f"--out: {options.out} is a file; allowed: a folder, new or existing")
    from occam.export import run_folder
    from occam.training.run import train

    try:
        run = train(spec, table=table, device=options.device, dtype=options.dtype)
    except CsvFault as fault:
        raise Refusal(f"data.csv_sha256: {fault}") from fault
    assert run.samples is not None and run.ending is not None
    try:
        run_folder.write(run, run.samples, options.out)
    except OSError as error:
        raise Refusal(f"--out: {options.out} cannot be written ({error.strerror})") from error
    ending = run.ending
    print(f"{ending.status} at step {ending.step} ({ending.reason}), training loss {ending.loss:.6g}: {options.out}")
    return DIVERGED if ending.status == "diverged" else DONE


def _read_spec(path: Path) -> RunSpec:
    try:
        return RunSpec.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Refusal(f"SPEC.json: {path} cannot be read ({error.strerror}); allowed: a JSON file") from error
    except ValidationError as error:
        raise Refusal(*faults(error)) from error


def _read_table(path: Path | None) -> Table | None:
    if path is None:
        return None
    try:
        return parse_csv(path.read_bytes())
    except OSError as error:
        raise Refusal(f"--csv: {path} cannot be read ({error.strerror}); allowed: a CSV file") from error
    except CsvFault as fault:
        raise Refusal(f"--csv: {fault}") from fault


def _schema(options: argparse.Namespace) -> int:
    print(json.dumps({"RunSpec": RunSpec.model_json_schema()}, indent=2, ensure_ascii=False))
    return DONE


def _gallery(options: argparse.Namespace) -> int:
    from occam.training import archive
    from occam.training.run import train

    archive.save(train(RunSpec(), device="cpu"), options.folder / "default.npz")
    print(f"recorded the default run: {options.folder / 'default.npz'}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
