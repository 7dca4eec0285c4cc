"""The transformation does only what has changed, and its result is that of making everything anew, row for row.

Each step loads some more uploads of a random world (corrections, late months, files of the same name, rejected ones,
new months), lets dbt build what has changed, and compares every table with a build of the same uploads beside the
marts, which is always whole.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from entas.errors import EntasError
from entas.settings import Settings
from entas.warehouse import open_warehouse
from entas.warehouse.dbt import dbt_arguments, drop_schemas, run_dbt, transform
from tests.conftest import make_settings
from tests.dbt_project.conftest import project_with_policy
from tests.dbt_project.worlds import World

SUFFIX = "_whole"
#: What a build notes about itself; all other tables must agree.
NOTES = ("int_build", "build_", "int_changed_", "int_registers_looked_at")


class Deployment:
    """A warehouse into which the uploads of a world come bit by bit."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.settings = settings
        self.world = world
        self.loaded = 0

    def connect(self) -> psycopg.Connection:
        return open_warehouse(self.settings).connect(autocommit=True)

    def load(self, uploads: int) -> None:
        """Take in the world's uploads up to this one."""
        with self.connect() as connection:
            for received in self.world.received[self.loaded : uploads]:
                self.world.load_upload(connection, received)
        self.loaded = uploads

    def tables(self, suffix: str = "") -> dict[str, list[str]]:
        """Every row of every kept table as text, so that equal means bit for bit."""
        found = {}
        with self.connect() as connection:
            relations = connection.execute(
                "select n.nspname, c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attname)"
                " from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
                " inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
                " where n.nspname = any(%s) and c.relkind = 'r' group by 1, 2",
                ([f"marts{suffix}", f"intermediate{suffix}"],),
            ).fetchall()
            for schema, name, columns in relations:
                if not name.startswith(NOTES):
                    query = f"select row({columns})::text from {schema}.{name} order by 1"
                    found[name] = [row[0] for row in connection.execute(query).fetchall()]
        return found

    def made_anew(self) -> str | None:
        """Why the last build made everything anew; None when it did what had changed."""
        with self.connect() as connection:
            row = connection.execute("select full_refresh_reason from intermediate.int_build").fetchone()
        assert row is not None
        reason: str | None = row[0]
        return reason

    def share_made_again(self) -> float:
        """Rows of families and months that the last build made again, of all."""
        with self.connect() as connection:
            row = connection.execute(
                "select (select count(*) from intermediate.int_changed_household_months)"
                " / (select count(distinct household_id) * count(distinct period)"
                " from intermediate.int_household_villages, intermediate.int_months)::float"
            ).fetchone()
        assert row is not None
        share: float = row[0]
        return share

    def assert_equals_a_whole_build(self) -> None:
        """Build the same uploads beside the marts, and compare."""
        try:
            transform(self.settings, schema_suffix=SUFFIX)
            whole = self.tables(SUFFIX)
        finally:
            with self.connect() as connection:
                drop_schemas(connection, SUFFIX)
        kept = self.tables()
        assert kept.keys() == whole.keys()
        assert [name for name in sorted(whole) if kept[name] != whole[name]] == []


@pytest.fixture
def deployment(new_database: Callable[[], str], tmp_path: Path) -> Deployment:
    return Deployment(make_settings(tmp_path, new_database()), World(4))


def test_what_has_changed_is_as_if_all_were_made_anew(deployment: Deployment) -> None:
    deployment.load(random.Random(4).randrange(20, 50))
    transform(deployment.settings)
    assert deployment.made_anew() == "no good build before"
    shares = []
    for cut in (58, 60):
        deployment.load(cut)
        transform(deployment.settings)
        assert deployment.made_anew() is None
        shares.append(deployment.share_made_again())
    # Of so few families many uploads touch most; two of them do not.
    assert 0 < shares[1] < 0.5
    assert shares[1] < shares[0]
    deployment.assert_equals_a_whole_build()


def test_a_failed_build_is_made_up_for_and_another_policy_makes_all_anew(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.load(45)
    transform(deployment.settings)
    deployment.load(52)
    # Half-way through: what decides a status is replaced, the marts that are read are not.
    run_dbt(deployment.settings, ["run", *dbt_arguments(deployment.settings), "--select", "+int_household_status"])
    with deployment.connect() as connection:
        connection.execute("alter table marts.fct_assistance rename column amount to sum")
    with pytest.raises(EntasError):
        transform(deployment.settings)
    with deployment.connect() as connection:
        connection.execute("alter table marts.fct_assistance rename column sum to amount")
    deployment.load(55)
    transform(deployment.settings)
    assert deployment.made_anew() is None
    deployment.assert_equals_a_whole_build()
    policy = replace(deployment.settings, project_root=project_with_policy(tmp_path, {"count_rule": "verified_only"}))
    run_dbt(policy, ["run", *dbt_arguments(policy), "--select", "int_build"])  # it decides for all
    assert "policy" in (deployment.made_anew() or "")
