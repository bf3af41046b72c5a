"""The watchdog's ledger, read from a copy: nothing that a test does is felt by a pass."""
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path


class LedgerCopy:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.path = self.directory / "ledger.db"

    def rows(self, query, *values):
        """Rows as dictionaries. A copy made in the middle of a write may be torn: then it is made again."""
        deadline = time.monotonic() + 5
        while True:
            try:
                return self._read(query, values)
            except (sqlite3.DatabaseError, FileNotFoundError) as error:
                if isinstance(error, sqlite3.OperationalError) and "syntax" in str(error):
                    raise
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _read(self, query, values):
        with tempfile.TemporaryDirectory(dir="/run") as scratch:
            for suffix in ("", "-wal"):
                source = self.path.with_name(self.path.name + suffix)
                if source.exists():
                    shutil.copyfile(source, Path(scratch, source.name))
            connection = sqlite3.connect(Path(scratch, self.path.name))
            connection.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in connection.execute(query, values)]
            finally:
                connection.close()

    def row(self, query, *values):
        found = self.rows(query, *values)
        return found[0] if found else None

    def value(self, query, *values):
        found = self.row(query, *values)
        return next(iter(found.values())) if found else None

    def tables(self):
        return [row["name"] for row in self.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]

    def everything(self, but=("passes",)):
        """Every row of every table, but those named."""
        return {table: self.rows(f"SELECT * FROM {table}")
                for table in self.tables() if table not in but}

    def text(self):
        """Everything in it that is text; the kept configs are bytes and stay out."""
        return "\n".join(value for table in self.everything(but=()).values() for row in table
                         for value in row.values() if isinstance(value, str))

    def versions(self, path, state=None):
        """The kept versions of a config file, the oldest first."""
        return [row for row in self.rows("SELECT * FROM config_versions WHERE path = ? ORDER BY id",
                                         str(path)) if state in (None, row["state"])]

    def actions(self, agent=None):
        """(rung, remedy, outcome) of every step, in order."""
        return [(row["rung"], row["remedy"], row["outcome"]) for row in self.rows(
            "SELECT a.* FROM actions a JOIN agents g ON g.id = a.agent "
            "WHERE ? IS NULL OR g.name = ? ORDER BY a.id", agent, agent)]
