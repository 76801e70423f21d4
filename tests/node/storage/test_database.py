"""The database: migrations once, transactions whole, several processes at a time."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlite_utils
from ebpfhub.node.storage.database import Database
from ebpfhub.node.storage.migrations import MIGRATIONS, Migration, migrate
from ebpfhub.schemas.errors import Conflict, StorageFailed


def test_database_opened_again_keeps_its_rows_and_migrations(tmp_path: Path) -> None:
    first = Database(tmp_path / "hub.sqlite")
    first.write("INSERT INTO tags VALUES ('plain/a', 'v1', 'sha256:0')")
    first.close()
    second = Database(tmp_path / "hub.sqlite")
    assert second.rows("SELECT tag FROM tags") == [("v1",)]
    assert [row[0] for row in second.rows("SELECT name FROM migrations ORDER BY rowid")] == [
        step.name for step in MIGRATIONS
    ]
    second.close()


def test_names_of_migrations_are_unique() -> None:
    names = [step.name for step in MIGRATIONS]
    assert len(set(names)) == len(names)


def test_migration_that_fails_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)

    def breaks(db: sqlite_utils.Database) -> None:
        db.table("half").create({"id": int})
        raise RuntimeError("power cut")

    def works(db: sqlite_utils.Database) -> None:
        db.table("half").create({"id": int})

    with pytest.raises(RuntimeError):
        migrate(connection, [Migration("one", breaks)])
    assert migrate(connection, [Migration("one", works)]) == ["one"]
    assert migrate(connection, [Migration("one", works)]) == []
    connection.close()


def test_transaction_is_rolled_back_on_any_exception(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.sqlite")
    with pytest.raises(KeyError), database.transaction() as write:
        write.execute("INSERT INTO tags VALUES ('a', 'b', 'c')")
        raise KeyError
    assert database.rows("SELECT * FROM tags") == []
    database.close()


def test_commits_are_synced_unless_said_otherwise(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.sqlite")
    with database.transaction() as write:
        assert write.execute("PRAGMA synchronous").fetchone() == (2,)
    with database.transaction(durable=False) as write:
        assert write.execute("PRAGMA synchronous").fetchone() == (1,)
    assert database.row("PRAGMA synchronous") == (2,)
    assert database.row("PRAGMA journal_mode") == ("wal",)
    database.close()


def test_every_thread_has_a_connection_of_its_own(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.sqlite")
    seen: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: seen.append(database.connection))
    thread.start()
    thread.join()
    assert seen[0] is not database.connection
    database.close()


def test_errors_of_sqlite_are_told_in_our_words(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.sqlite")
    with pytest.raises(StorageFailed) as failed:
        database.row("SELECT * FROM nowhere")
    assert str(tmp_path) not in str(failed.value)
    insert = "INSERT INTO tags VALUES ('a', 'b', 'c')"
    database.write(insert)
    with pytest.raises(Conflict):
        database.write(insert)
    database.close()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageFailed):
        Database(tmp_path / "hub.sqlite")


def _write_rows(path: str, worker: int) -> None:
    database = Database(Path(path))
    for number in range(50):
        with database.transaction() as write:
            write.execute("INSERT INTO tags VALUES (?, ?, 'd')", (f"r{worker}", str(number)))
            time.sleep(0.0005)
    database.close()


def test_several_processes_open_migrate_and_write_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    path = tmp_path / "hub.sqlite"
    workers = [context.Process(target=_write_rows, args=(str(path), number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    database = Database(path)
    assert database.row("SELECT COUNT(*) FROM tags") == (200,)
    database.close()
