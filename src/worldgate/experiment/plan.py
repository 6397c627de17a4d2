# SPDX-License-Identifier: Apache-2.0
"""An experiment before it runs: from a TOML file, or from the options of a command.

A block of variants is a matrix: every world with every placement and every value of every option.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from worldgate import toml
from worldgate.errors import WorldgateError, one_line
from worldgate.experiment.placement import NOT_PINNED, place
from worldgate.experiment.result import (
    Design,
    Experiment,
    Scalar,
    Variant,
    design_problem,
    experiment_problem,
)
from worldgate.paths import find_path
from worldgate.worlds.registry import World, describe_world

SCHEMA = "worldgate.experiment/1"
VARIANTS_MAX = 2000
QUICK_ROUNDS = 6
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
HELP = "see 'worldgate run --help'"

Value = str | int | float | bool
Axis = Value | list[Value]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Block(_Strict, frozen=True, kw_only=True):
    """A matrix of variants."""

    world: str | list[str]
    placement: str | list[str] = NOT_PINNED
    options: dict[str, Axis] = {}
    baseline: str | None = None  # the name of a variant; {KEY} stands for a value of the one compared
    role: Literal["measured", "calibration"] = "measured"


class GivenDesign(_Strict, frozen=True, kw_only=True):
    """What a file or the options say of the design; None: nothing."""

    seed: int | None = None
    confidence: float | None = None
    width: float | None = None
    margin: float | None = None
    pilot: int | None = None
    most_rounds: int | None = None
    warm_up: int | None = None
    rounds: int | None = None  # exactly so many, without a pilot and with one look


class File(_Strict, frozen=True, kw_only=True):
    """An experiment file."""

    schema: str
    name: str
    path: str
    title: str
    variants: list[Block]
    names: str | None = None  # of the variants; {KEY} stands for a value
    baseline: str | None = None  # of the blocks that give none
    options: dict[str, Value] = {}  # of every variant whose block does not give them
    design: GivenDesign = GivenDesign()
    published: list[dict[str, Value]] = []  # for `worldgate reproduce`


class Plan(NamedTuple):
    """What a caller wants of an experiment beside its variants."""

    name: str
    path: str
    title: str
    names: str | None = None
    baseline: str | None = None
    options: dict[str, Value] | None = None
    source: str = ""  # the file, for messages


def _wrong(source: str, key: str, problem: str) -> WorldgateError:
    place_text = ": ".join(one_line(part) for part in (source, key) if part)
    return WorldgateError(f"{place_text}: {one_line(problem)}" + (f"; {HELP}" if source else ""))


def make_design(*given: GivenDesign, source: str = "") -> Design:
    """The design: of each value the first that is given. Without a seed a new one is drawn."""
    found: dict[str, Any] = {}
    for part in reversed(given):
        found |= {key: value for key, value in msgspec.structs.asdict(part).items() if value is not None}
    rounds = found.pop("rounds", None)
    found.setdefault("seed", random.SystemRandom().getrandbits(32))
    if not 0 <= found["seed"] < 1 << 63:
        raise _wrong(source, "design.seed", f"{found['seed']} is out of bounds: write a number from 0 on")
    design = Design(**found)
    if rounds is not None:
        if not 2 <= rounds <= 100_000:
            raise _wrong(
                source, "design.rounds", f"{rounds} is out of bounds: write a number from 2 to 100000"
            )
        design = replace(design, looks=[rounds], most_rounds=max(rounds, design.most_rounds))
    problem = design_problem(design)
    if problem:
        raise _wrong(source, f"design.{problem[0]}", problem[1])
    return design


def make_experiment(plan: Plan, blocks: list[Block], design: Design) -> Experiment:
    """The experiment with all its variants; whatever does not fit is told with its place."""
    try:
        path = find_path(plan.path)
    except WorldgateError as error:
        raise _wrong(plan.source, "path", str(error)) from None
    variants = _expand(plan, blocks)
    for variant in variants:
        try:
            path.check(variant)
        except WorldgateError as error:
            raise _wrong(plan.source, f"variant '{variant.name}'", str(error)) from None
    experiment = Experiment(
        name=plan.name,
        path=plan.path,
        title=plan.title,
        metrics=path.metrics,
        variants=variants,
        design=design,
    )
    problem = experiment_problem(experiment)
    if problem:
        raise _wrong(plan.source, "variants", problem)
    return experiment


class _Row(NamedTuple):
    """A variant on its way: its values by key, and the pattern of its baseline."""

    variant: Variant
    values: dict[str, str]
    baseline: str | None
    key: str


def _expand(plan: Plan, blocks: list[Block]) -> list[Variant]:
    count = sum(math.prod(len(axis) for axis in _axes(block).values()) for block in blocks)
    if not 0 < count <= VARIANTS_MAX:
        raise _wrong(plan.source, "variants", f"they are {count} in all: give 1 to {VARIANTS_MAX}")
    worlds: dict[str, World] = {}
    rows = [row for number, block in enumerate(blocks) for row in _rows(plan, number, block, worlds)]
    names = {row.variant.name for row in rows}
    return [_with_baseline(plan, row, names) for row in rows]


def _with_baseline(plan: Plan, row: _Row, names: set[str]) -> Variant:
    """A variant that its own pattern names is a baseline itself."""
    if row.baseline is None or row.variant.role == "calibration":
        return row.variant
    name = _fill(plan, f"{row.key}.baseline", row.baseline, row.values)
    if name == row.variant.name:
        return row.variant
    if name not in names:
        from difflib import get_close_matches

        close = get_close_matches(name, names, n=1, cutoff=0.0)
        raise _wrong(
            plan.source, f"{row.key}.baseline", f"no variant is called '{name}'; is '{close[0]}' meant?"
        )
    return replace(row.variant, baseline=name)


def _axes(block: Block) -> dict[str, list[Any]]:
    """Key -> its values, in the order in which they make up a name."""
    axes: dict[str, Axis | list[str]] = {"world": block.world, **block.options, "placement": block.placement}
    return {key: axis if isinstance(axis, list) else [axis] for key, axis in axes.items()}


def _rows(plan: Plan, number: int, block: Block, worlds: dict[str, World]) -> list[_Row]:
    key = f"variants[{number}]"
    common: dict[str, Value] = {k: v for k, v in (plan.options or {}).items() if k not in block.options}
    for name, value in [*common.items(), *((n, v) for n, axis in _axes(block).items() for v in axis)]:
        _check_value(plan, f"{key}.{name}", value)
    for name in ("world", "placement"):
        if name in block.options or name in common:
            raise _wrong(
                plan.source, f"{key}.options.{name}", f"is no option: write '{name}' beside 'options'"
            )
    axes = _axes(block)
    rows = []
    for values in itertools.product(*axes.values()):
        chosen: dict[str, Value] = dict(zip(axes, values, strict=True))
        rows.append(_row(plan, key, block, {**common, **chosen}, list(axes), worlds))
    return rows


def _row(
    plan: Plan, key: str, block: Block, chosen: dict[str, Value], axes: list[str], worlds: dict[str, World]
) -> _Row:
    texts = {name: _text(value) for name, value in chosen.items()}
    pattern = plan.names or " ".join(
        f"{{{name}}}" if isinstance(chosen[name], str) else f"{name}={{{name}}}"
        for name in axes
        if name != "placement" or isinstance(block.placement, list)
    )
    options: dict[str, Scalar] = {k: v for k, v in chosen.items() if k not in ("world", "placement")}
    try:
        name = texts["world"]
        world = worlds.get(name) or worlds.setdefault(name, describe_world(name))
        placement = place(texts["placement"])
    except WorldgateError as error:
        raise _wrong(plan.source, key, str(error)) from None
    variant = Variant(
        name=_fill(plan, "names", pattern, texts),
        path=plan.path,
        world=name,
        fidelity=world.fidelity,  # type: ignore[arg-type]  # one of the four
        placement=placement,
        options=options,
        profile=world.profile.name if world.profile else None,
        profile_hash=world.profile.hash() if world.profile else None,
        role=block.role,
    )
    return _Row(variant, texts, block.baseline or plan.baseline, key)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(plan: Plan, key: str, pattern: str, texts: dict[str, str]) -> str:
    """The pattern with the values in place of {KEY}."""
    for name in re.findall(r"\{([^{}]*)\}", pattern):
        if name not in texts:
            raise _wrong(plan.source, key, f"'{{{name}}}' is no key of a variant: use {', '.join(texts)}")
    text = re.sub(r"\{([^{}]*)\}", lambda found: texts[found[1]], pattern)
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise _wrong(plan.source, key, f"'{text[:60]}' cannot be a name: write 1 to 200 plain characters")
    return text


def _check_value(plan: Plan, key: str, value: Value) -> None:
    if isinstance(value, str) and (not value or not value.isprintable() or len(value) > 200):
        raise _wrong(plan.source, key, "write 1 to 200 plain characters")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise _wrong(plan.source, key, "is too large: write a number of at most 18 digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(plan.source, key, f"{value} is no number: write a finite one")


def parse_file(data: bytes, source: str) -> File:
    """The content of an experiment file; source is its name for messages."""
    table = toml.parse(data, "no experiment", lambda problem: _wrong(source, "", problem))
    if table.get("schema") != SCHEMA:
        raise _wrong(source, "schema", f'write schema = "{SCHEMA}", the form that this version reads')
    file = _convert(table, source)
    if not NAME.fullmatch(file.name):
        raise _wrong(source, "name", f"'{file.name[:60]}': write 1 to 63 of a-z, 0-9 and '-'")
    if not file.title.strip() or not file.title.isprintable() or len(file.title) > 200:
        raise _wrong(source, "title", "write one plain line of at most 200 characters")
    return file


def _convert(table: dict[str, Any], source: str) -> File:
    try:
        return msgspec.convert(table, File)
    except msgspec.ValidationError as error:
        # "Object missing required field `path` - at `$.variants[0]`" -> key and problem
        problem, _, where = str(error).partition(" - at `")
        for old, new in (
            ("Object contains unknown field", "unknown key, remove it:"),
            ("Object missing required field", "missing key, add it:"),
        ):
            problem = problem.replace(old, new)
        raise _wrong(source, where.rstrip("`").removeprefix("$").removeprefix("."), problem) from None
    except (OverflowError, RecursionError):
        raise _wrong(
            source, "", "holds a number or a nesting that is too large: write plain numbers"
        ) from None


def read_file(path: Path) -> File:
    """An experiment file of the user."""
    try:
        with path.open("rb") as stream:
            data = stream.read(toml.FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WorldgateError(
            f"{one_line(str(path))}: cannot be read ({one_line(why)}): give the file of an experiment"
        ) from None
    return parse_file(data, str(path))


def from_file(
    file: File, source: str, given: GivenDesign | None = None, placement: str | None = None
) -> Experiment:
    """The experiment of a file; what is given beside it comes first."""
    plan = Plan(file.name, file.path, file.title, file.names, file.baseline, dict(file.options), source)
    design = make_design(given or GivenDesign(), file.design, source=source)
    blocks = [replace(block, placement=placement) if placement else block for block in file.variants]
    return make_experiment(plan, blocks, design)


def builtin_folder() -> Path:
    """The experiments that come with the package."""
    return Path(__file__).parent.parent / "experiments"
