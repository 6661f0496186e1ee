"""Plays with time in the folder of an embedded mesh that is stopped, and looks into its archive.

    erasure.py old FOLDER                        the first log of every program is of three years ago
    erasure.py due FOLDER USER MEMBER PROGRAM    they were deleted two months ago
    erasure.py settled FOLDER                    every receipt is of an hour ago
    erasure.py found FOLDER TEXT                 prints how many archived revisions hold the text, and how many there are
"""

import pathlib
import sqlite3
import sys

import duckdb


def change(folder: str, service: str, statement: str, values: tuple = ()) -> None:
    database = sqlite3.connect(f"{folder}/{service}.db")
    with database:
        database.execute(statement, values)
    database.close()


def earlier(column: str) -> str:
    """The column's instant in another year, as the databases write it."""
    return f"replace(replace({column}, '2026-', '2023-'), '2027-', '2023-')"


def old(folder: str) -> None:
    first = "SELECT min(id) FROM daily_logs GROUP BY program_id"
    change(folder, "logging", f"UPDATE daily_logs SET timestamp = {earlier('timestamp')} WHERE id IN ({first})")


def due(folder: str, user: str, member: str, program: str) -> None:
    for service, table, id in [
        ("identity", "users", user), ("family", "members", member), ("program", "care_programs", program),
    ]:  # fmt: skip
        change(folder, service, f"UPDATE {table} SET deleted_at = {earlier('created_at')} WHERE id = ?", (int(id),))


def settled(folder: str) -> None:
    for service in ["identity", "family", "program"]:
        change(folder, service, f"UPDATE erasure_receipts SET followed_at = {earlier('followed_at')}")


def found(folder: str, text: str) -> None:
    files = [str(file) for file in pathlib.Path(folder, "objects").rglob("*.parquet")]
    ask = "SELECT count(*) FILTER (WHERE contains(payload::VARCHAR, $text)), count(*) FROM read_parquet($files)"
    print(*duckdb.connect().execute(ask, {"text": text, "files": files}).fetchone())


commands = {"old": old, "due": due, "settled": settled, "found": found}
if len(sys.argv) < 3 or sys.argv[1] not in commands:
    sys.exit(__doc__)
commands[sys.argv[1]](*sys.argv[2:])
