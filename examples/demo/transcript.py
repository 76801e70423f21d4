"""Plays the demo and puts what it printed into a document, between two marks, without the rows about others' files.

usage: python -m ebpfhub.examples.demo.transcript README.md
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .stage import Failed, demand

BEGIN, END = "<!-- demo: made by `make transcript` -->", "<!-- end of demo -->"
_ROW = re.compile(r"\d\d:\d\d:\d\d +\d+ ")  # of the event table
_SHOWN = re.compile(r" /(?:tmp/ebpfhub-demo-|dev/|etc/|lib|proc/|sys/|usr/)")


def play() -> str:
    """Run the demo as `make demo` does, showing it meanwhile; returns what it printed. Raises: Failed."""
    command = [sys.executable, "-P", "-m", "ebpfhub.examples.demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    demand(process.returncode == 0, "the demo failed, and the document stays as it was")
    return "".join(lines).strip()


def insert(document: str, transcript: str) -> str:
    """The document with the transcript between the marks. Raises: Failed."""
    marked = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
    demand(len(marked.findall(document)) == 1, f"the document needs one {BEGIN} and one {END}")
    block = f"{BEGIN}\n```console\n{transcript}\n```\n{END}"
    return marked.sub(lambda _: block, document)


def without_others(transcript: str) -> str:
    """The transcript without the table's rows about files of others: they are nobody's business."""
    return "\n".join(line for line in transcript.splitlines() if not _ROW.match(line) or _SHOWN.search(line))


def main() -> int:
    """Play, check, write; returns the exit code."""
    document = Path(sys.argv[1])
    try:
        transcript = without_others(play())
        document.write_text(insert(document.read_text(encoding="utf-8"), transcript), encoding="utf-8")
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
