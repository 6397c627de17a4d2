# SPDX-License-Identifier: Apache-2.0
"""Measure, explain and recover what a trusted world costs a network data path.

examples:
  worldgate tour                  see the main job done on this machine
  worldgate worlds                which worlds there are, and why one is not available
  worldgate doctor                what this machine lacks, what that switches off, and what to do
  worldgate limits --quick        what one copy, seal or crossing costs here
  worldgate worlds --help         the options of a command
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn, Protocol, cast

# command -> its module and the first line of that module's docstring (a test compares the two). The module is
# imported only when its command was chosen, so that help stays fast.
COMMANDS: dict[str, tuple[str, str]] = {
    "tour": ("worldgate.cli.tour", "See the main job done on this machine, in about two minutes."),
    "worlds": ("worldgate.cli.worlds", "List the worlds, what they cost, and which can be used here."),
    "crossing": (
        "worldgate.cli.crossing",
        "Measure what a crossing into a world costs, against the normal world.",
    ),
    "run": ("worldgate.cli.run", "Run an experiment that a file describes."),
    "reproduce": (
        "worldgate.cli.reproduce",
        "Measure what others have published, and hold the one against the other.",
    ),
    "report": ("worldgate.cli.report", "Report what result files found: text, HTML, figures, CSV."),
    "explain": ("worldgate.cli.explain", "Explain where the difference to the baseline comes from."),
    "compare": ("worldgate.cli.compare", "Compare two result files, and fail where the second is slower."),
    "ta": ("worldgate.cli.ta", "Build, run and fuzz a TA of your own."),
    "trace": ("worldgate.cli.trace", "Trace the calls of an unmodified client application."),
    "doctor": (
        "worldgate.cli.doctor",
        "Say what makes figures of this machine doubtful, what is switched off, and what to do.",
    ),
    "limits": (
        "worldgate.cli.limits",
        "Measure what one copy, seal, crossing or wake-up costs on this machine.",
    ),
    "completion": ("worldgate.cli.completion", "Print the completion script of a shell."),
    "version": ("worldgate.cli.version", "Print the version of Worldgate."),
}

# Exit statuses beside 0.
WRONG_USE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


class Command(Protocol):
    """What a command's module has."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None: ...


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what to type."""

    def error(self, message: str) -> NoReturn:
        from worldgate.errors import one_line

        text = one_line(self._mend(message))
        end = " See" if text.endswith("?") else "; see"
        self.exit(WRONG_USE, f"{self.prog}: {text}{end} '{self.prog} --help'\n")

    def _mend(self, message: str) -> str:
        """Adds a suggestion where argparse only lists the choices."""
        wrong, found, rest = message.partition("invalid choice: ")
        if not found:
            return message
        import re

        quoted = re.match(r"'(.*)' \(choose from (.*)\)$", rest)
        if quoted is None:
            return message
        choices = [choice.strip(" '") for choice in quoted[2].split(",")]
        label = wrong.removeprefix("argument ").strip().rstrip(":") or "argument"
        return f"unknown {label} '{quoted[1]}'" + (
            suggestion(quoted[1], choices) or f"; use {', '.join(choices)}"
        )

    def option_names(self) -> list[str]:
        """Every option that this parser understands."""
        return [name for action in self._actions for name in action.option_strings]


def suggestion(word: str, known: Sequence[str]) -> str:
    """'; did you mean ...?' or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word.split("=")[0], known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


def make_parser(chosen: Sequence[str]) -> Parser:
    """The parser of the program, with the arguments of the chosen commands only."""
    assert __doc__ is not None
    parser = Parser(
        prog="worldgate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.set_defaults(run=None, parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, (module_name, summary) in COMMANDS.items():
        if name not in chosen:
            commands.add_parser(name, help=summary, add_help=False)
            continue
        module = import_module(module_name)
        command = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.set_defaults(parser=command)
        cast(Command, module).add_arguments(command)
    return parser


def add_command(commands: argparse._SubParsersAction[Any], name: str, text: str) -> argparse.ArgumentParser:
    """A subcommand of a command; text is its help, the first line of it the summary."""
    import inspect

    text = inspect.cleandoc(text)
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text.splitlines()[0],
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(parser=parser)
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments, or one line and exit status 2."""
    chosen = next((word for word in argv if not word.startswith("-")), "")
    top = make_parser([chosen])
    args, unknown = top.parse_known_args(argv)
    parser = cast(Parser, args.parser)
    if unknown:
        kind = "option" if unknown[0].startswith("-") else "argument"
        parser.error(f"unknown {kind} '{unknown[0]}'" + suggestion(unknown[0], parser.option_names()))
    if args.run is None and not args.version:
        parser.error("say which command")
    return args


def _report(error: BaseException) -> int:
    """One line for what went wrong; the exit status."""
    from worldgate.errors import WorldgateError, one_line

    if isinstance(error, KeyboardInterrupt):
        print("worldgate: interrupted", file=sys.stderr)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader is gone. Python would complain once more when it flushes at exit.
        sys.stdout = None
        return BROKEN_PIPE
    if isinstance(error, (WorldgateError, OSError)):
        text = str(error)
        if isinstance(error, OSError) and error.filename is not None and error.strerror:
            text = f"{error.filename}: {error.strerror}"
        print(f"worldgate: {one_line(text)}", file=sys.stderr)
        return WRONG_USE
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    text = one_line(f"{type(error).__name__}: {error} at {where}")
    print(f"worldgate: a fault of the program, please report it: {text}", file=sys.stderr)
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Every error ends here, as one line; `python -X dev` shows its traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What the terminal cannot show, or a file name that is no text, must not end the program.
            stream.reconfigure(errors="backslashreplace")
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        if args.run is None:
            from worldgate.cli.version import run

            return run(args)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except (Exception, KeyboardInterrupt) as error:
        if sys.flags.dev_mode:
            raise
        return _report(error)
