"""The parts of the manuals that are made from the programs: synopses, options, exit codes.

    python -P -m ebpfhub.tests.manual_parts      writes them into docs/manual.md and docs/manual.zh.md anew

The English reference is the programs' own help. The Chinese one takes the synopses, and is written by hand beside them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from ebpfhub.client.commands.root import cli as ecli
from ebpfhub.client.commands.run import USAGE
from ebpfhub.node.cli import cli as ebpfhub
from ebpfhub.schemas import errors
from ebpfhub.schemas.exit_codes import EXIT_CODES

from .documents import DOCS, rewritten

ENGLISH, CHINESE = DOCS / "manual.md", DOCS / "manual.zh.md"
RUN = "ecli run"  # has a command line of its own


def commands() -> dict[str, click.Command]:
    """Every command that does something, by the words that call it, but `ecli run`."""
    found = [*_leaves("ecli", ecli), *_leaves("ebpfhub", ebpfhub)]
    return {name: command for name, command in found if name != RUN}


def options(name: str) -> list[tuple[str, ...]]:
    """All spellings of each option of a command."""
    if name == RUN:
        lines = [line for line in USAGE.splitlines() if line.startswith("  -")]
        return [tuple(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line[:24])) for line in lines]
    return [tuple(item.opts) for item in commands()[name].params if isinstance(item, click.Option)]


def english() -> dict[str, str]:
    """The generated parts of the English manual."""
    made = {name: _reference(name, command) for name, command in commands().items()}
    return made | {RUN: f"```text\n{USAGE}```\n", "exit-codes": _exit_codes()}


def chinese() -> dict[str, str]:
    """The generated parts of the Chinese manual."""
    usage, _, examples = USAGE.partition("Examples:\n")
    run = f"```text\n{usage.splitlines()[0]}\n\n{inspect.cleandoc(examples)}\n```\n"
    return {name: _synopsis(name, command) for name, command in commands().items()} | {RUN: run}


def _leaves(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves(f"{words} {name}", inner)
    else:
        yield words, command


def _reference(name: str, command: click.Command) -> str:
    told = inspect.cleandoc((command.help or "").partition("\b")[0]).strip()
    rows = [_row(item) for item in command.params if isinstance(item, click.Option)]
    listed = "\n| option | what |\n| --- | --- |\n" + "".join(rows) if rows else ""
    return f"{told}\n\n{_synopsis(name, command)}{listed}"


def _synopsis(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    examples = inspect.cleandoc((command.help or "").partition("Examples:\n")[2])
    return f"```text\n{usage}\n\n{examples}\n```\n"


def _row(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(click.Command('x'))).replace('|', '·')}"
    told = [option.help or "Where to write."]
    if option.required:
        told.append("Required.")
    if option.show_default:
        told.append(f"Default: {option.default}.")
    return f"| {', '.join(f'`{word}`' for word in option.opts)}{value} | {' '.join(told)} |\n"


def _exit_codes() -> str:
    found = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.HubError)]
    kinds = {item.kind: item for item in found}
    rows = [
        "| 0 | | done |",
        "| 1 | `error` | anything unforeseen; `fsck` found faults; a test of `ecli test` failed |",
    ]
    for kind, code in sorted(EXIT_CODES.items(), key=lambda item: item[1]):
        rows.append(
            f"| {code} | `{kind}` | {(kinds[kind].__doc__ or '').partition('`check`')[0].splitlines()[0].strip()} |"
        )
    return "| code | kind | meaning |\n| ---: | --- | --- |\n" + "\n".join(rows) + "\n"


def main() -> None:
    """Write the generated parts into both manuals."""
    for path, made in ((ENGLISH, english()), (CHINESE, chinese())):
        path.write_text(rewritten(path.read_text(), made))


if __name__ == "__main__":
    main()
