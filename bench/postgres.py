"""PostgreSQL as search's peer: Debian's, in the benchmark's folder, on a socket only, asked through one psql.

It gets the same rows and the same terms as its own full text (tsvector, GIN, ts_rank): its parser knows no Chinese. It
ranks all matches and counts no facets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..node.hub.catalogue import Listing
from ..node.hub.words import GRAM, NAME_GRAM, Word, asked_words, terms_of

USER = "postgres"
_PACKAGE = "postgresql"
_DONE = "answered"
_TABLE = """
    CREATE TABLE listings (id int PRIMARY KEY, name text, description text, downloads int, terms text, words tsvector);
    \\copy listings (id, name, description, downloads, terms) FROM '{path}'
    UPDATE listings SET words = array_to_tsvector(string_to_array(terms, ' '));
    CREATE INDEX ON listings USING gin (words);
    VACUUM ANALYZE listings;
"""
_SEARCH = """
    SELECT id, name, description FROM listings WHERE words @@ '{query}'::tsquery
    ORDER BY ts_rank(words, '{query}'::tsquery) + ln(1 + downloads) / 20 DESC, id LIMIT 20;
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server of our own, and the psql that asks it."""

    folder: Path
    asking: subprocess.Popen[str]

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Postgres]:
        """Make a server in a new folder, and end it with the block."""
        programs = _programs()
        folder.mkdir()
        for place in (*folder.parents, folder):  # it does not run as root, and must reach its folder
            if place.stat().st_uid == os.getuid() and place != Path("/"):
                place.chmod(place.stat().st_mode | 0o011)
        _as_user("chown", USER, folder, user="root")
        data, log = folder / "data", folder / "log"
        _as_user(programs / "initdb", "--pgdata", data, "--auth", "trust", "--encoding", "UTF8", "--locale", "C")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c shared_buffers=256MB -c jit=off"
        _as_user(programs / "pg_ctl", "--pgdata", data, "--log", log, "--wait", "--options", options, "start")
        try:
            command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--host", folder, USER]
            words = ["runuser", "--user", USER, "--", "stdbuf", "--output=L", *map(str, command)]
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as asking:
                yield cls(folder, asking)
                assert asking.stdin is not None
                asking.stdin.close()
        finally:
            _as_user(programs / "pg_ctl", "--pgdata", data, "--wait", "--mode", "fast", "stop")

    def load(self, listings: Sequence[Listing]) -> None:
        """Fill the table."""
        path = self.folder / "rows"
        with path.open("w") as file:
            for number, item in enumerate(listings):
                texts = (item.key.namespace, item.description, *item.keywords)
                terms = " ".join(sorted(terms_of(item.key.name, texts)))
                file.write(f"{number}\t{item.key.name}\t{item.description}\t{number % 1000}\t{terms}\n")
        self._ask(_TABLE.format(path=path))

    def search(self, text: str) -> list[str]:
        """The best packages for a question."""
        query = " & ".join(map(_clause, asked_words(text)))
        return self._ask(_SEARCH.format(query=query.replace("'", "''")))

    def _ask(self, sql: str) -> list[str]:
        asking = self.asking
        assert asking.stdin is not None and asking.stdout is not None
        asking.stdin.write(f"{sql}\n\\echo {_DONE}\n")
        asking.stdin.flush()
        found: list[str] = []
        while (line := asking.stdout.readline().rstrip("\n")) != _DONE:
            if not line and asking.poll() is not None:
                sys.exit("psql has ended")
            found.append(line)
        return found


def _clause(word: Word) -> str:
    if word.spaceless:
        return "(" + " & ".join(f"'{piece}'" for piece in word.pieces) + ")"
    grams = " & ".join(f"'{NAME_GRAM}{gram}'" for gram in word.grams)
    return f"('{word.text}':* | ({grams}))" if len(word.text) >= GRAM else f"'{word.text}':*"


def _programs() -> Path:
    """Where Debian has the server's programs; installed by apt-get where they are missing, which is said first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        print(f"Missing on this system, and installed now: {_PACKAGE}", file=sys.stderr)
        command = ["apt-get", "install", "--yes", "--no-install-recommends", _PACKAGE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent


def _as_user(*words: str | Path, user: str = USER) -> None:
    subprocess.run(["runuser", "--user", user, "--", *map(str, words)], check=True, stdout=subprocess.DEVNULL, cwd="/")
