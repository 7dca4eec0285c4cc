"""Who can reach what, tried over real connections with passwords, on a server of its own with built marts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from entas.errors import EntasError, UnreachableError, UsageError
from entas.identity import look_up
from entas.ids import Pseudonymiser
from entas.settings import Settings
from entas.stewards import add_steward, list_stewards, remove_steward
from entas.warehouse import Warehouse, open_warehouse
from entas.warehouse.connection import AIRFLOW_DATABASE
from entas.warehouse.dbt import dbt_arguments, run_dbt, transform
from entas.warehouse.embedded import EmbeddedServer
from entas.warehouse.migrate import _upgrade, migrate
from entas.warehouse.roles import ensure_roles, is_password, set_passwords
from tests.conftest import PSEUDONYM_KEY, make_settings
from tests.dbt_project.worlds import World
from tests.privacy.enumeration import entered, reached

PASSWORDS = {
    "ENTAS_PIPELINE_PASSWORD": "the owner's own",
    "ENTAS_ANALYST_PASSWORD": "for reading marts; 'quoted'",
    "ENTAS_STEWARD_PASSWORD": "for reading names",
}
#: Of the worlds of tests/dbt_project: cards, NIKs, and names as the fixture makes them.
SECRET = re.compile(r"32160101010\d{5}|32160141010\d{5}|Zqnama")
REASON = "kunjungan verifikasi, surat 460/12"
DISTRICT = "32.16.01"


@dataclass(frozen=True)
class Office:
    """A warehouse on a server that asks everybody but its superuser for a password."""

    settings: Settings
    server: EmbeddedServer

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self.settings)

    def conninfo(self, login: str, password: str) -> str:
        return make_conninfo(self.server.url("entas"), user=login, password=password)

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        """As the superuser, who sees the whole catalogue and every row."""
        with psycopg.connect(self.server.url("entas"), autocommit=True) as connection:
            yield connection

    @contextmanager
    def log_in(self, login: str, password: str | None = None) -> Iterator[psycopg.Connection]:
        password = password or PASSWORDS[f"{login.upper()}_PASSWORD"]
        with psycopg.connect(self.conninfo(login, password), autocommit=True) as connection:
            yield connection


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PASSWORDS.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Accounts belong to a server, and the other tests have theirs."""
    server = EmbeddedServer(tmp_path_factory.mktemp("rights")).hold()
    (server.data / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    for name in ("entas", AIRFLOW_DATABASE):
        server.ensure_database(name)
    yield server
    server.release()


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An old warehouse with rows, upgraded in place and built; with a schema of an as-of build beside the marts."""
    settings = make_settings(tmp_path_factory.mktemp("office"), server.url("entas"))
    with psycopg.connect(server.url("entas"), autocommit=True) as connection:
        ensure_roles(connection)
        connection.execute("grant create on database entas to entas_pipeline")
        _upgrade(server.url("entas"), roles=True, revision="0005")
        connection.execute("set role entas_pipeline")
        connection.execute(
            "insert into identity.look_up (looked_up_by, household_id, purpose)"
            " values ('entas_steward', repeat('0', 64), 'before there were tickets')"
        )
    with psycopg.connect(server.url("entas")) as connection:
        for village, card in (("32.16.01.2002", "3216010101000101"), ("32.16.09.2003", "3216010101000102")):
            list_one_family(connection, village, card)
        World(4).load(connection)
        connection.execute("update raw.penduduk set nama = 'Zqnama ' || nama")
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze raw.penduduk")
        # What nobody thought of must be nobody's either.
        connection.execute("set role entas_pipeline")
        connection.execute("create schema marts_asof_202310_1")
        connection.execute("create table marts_asof_202310_1.fct_household_status_monthly as select 1 as members")
        connection.execute("reset role")
        connection.execute("create table public.left_by_someone as select nik from raw.penduduk")
        connection.execute("select lo_from_bytea(0, 'a large object')")
    transform(settings)
    with psycopg.connect(server.url("entas"), autocommit=True) as connection:
        connection.execute("set role entas_pipeline")
        connection.execute("create table marts.made_by_hand as select nik from raw.penduduk")
    return Office(settings, server)


def list_one_family(connection: psycopg.Connection, village: str, card: str) -> None:
    """An early register of a village with one family, which no other village lists."""
    household = Pseudonymiser(PSEUDONYM_KEY).household_id(card)
    connection.execute(
        """
        with upload as (
            insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status)
            values (%(village)s, '2022-10', 'satu.xlsx', repeat('f', 64), 1, clock_timestamp() - interval '5 years',
                    'accepted')
            returning upload_id
        ), register as (
            insert into raw.upload_register (upload_id, register, status, format_id, format_version, sheets, rows_read,
                                             rows_accepted, rows_quarantined, rows_warned)
            select upload_id, 'penduduk', 'accepted', 'entas', '1', '{}', 1, 1, 0, 0 from upload
        )
        insert into raw.penduduk (upload_id, position, sheet, row_number, no_kk, nama, kk_level, household_id,
                                  person_id, name_birth_key)
        select upload_id, 0, 'penduduk', 2, %(card)s, 'A', 1, %(household)s, md5(%(card)s), md5(%(card)s)::uuid
        from upload
        """,
        {"village": village, "card": card, "household": household},
    )


def marts(owner: psycopg.Connection) -> dict[str, bool]:
    """Names of the marts that dbt built, and whether each is about families."""
    return dict(
        owner.execute(
            "select c.relname, exists (select from pg_attribute where attrelid = c.oid and attname = 'household_id')"
            " from pg_class as c where relnamespace = 'marts'::regnamespace and relkind in ('r', 'p', 'v')"
            " and relname <> 'made_by_hand' and not relispartition"
        ).fetchall()
    )


def reads(names: dict[str, bool]) -> set[str]:
    """What reading the marts looks like to `reached`."""
    return {f"read marts.{name}" for name in names}


def row_types(owner: psycopg.Connection) -> set[str]:
    """Types of the marts' rows: their names can be written by whoever may use the schema, and are no data."""
    rows = owner.execute("select typname from pg_type where typnamespace = 'marts'::regnamespace").fetchall()
    return {f"use type marts.{name}" for (name,) in rows}


# --- what can be reached --------------------------------------------------------------------------------------------


def test_analysts_read_the_marts_and_reach_nothing_else(office: Office) -> None:
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        names = marts(owner)
        assert {"dim_village", "fct_household_status_monthly", "rpt_extreme_poverty_monthly"} <= names.keys()
        assert reached(owner, analyst) - row_types(owner) == reads(names)
        conninfo = office.conninfo("entas_analyst", PASSWORDS["ENTAS_ANALYST_PASSWORD"])
        assert entered(owner, conninfo) == {"entas"}


def test_stewards_read_the_marts_and_call_what_logs_them(office: Office) -> None:
    with office.owner() as owner, office.log_in("entas_steward") as steward:
        found = reached(owner, steward) - row_types(owner) - reads(marts(owner))
        types = {one for one in found if one.startswith("use type identity.")}
        assert types == {
            f"use type identity.{name}"
            for (name,) in owner.execute(
                "select typname from pg_type where typnamespace = 'identity'::regnamespace"
            ).fetchall()
        }
        assert found - types == {
            "call identity.my_households",
            "call identity.my_villages",
            "call identity.sees_regency",
            # They run, and refuse nulls.
            "call identity.members (RaiseException)",
            "call identity.request (RaiseException)",
        }
        conninfo = office.conninfo("entas_steward", PASSWORDS["ENTAS_STEWARD_PASSWORD"])
        assert entered(owner, conninfo) == {"entas"}


@pytest.mark.parametrize(
    ("given", "taken", "shows"),
    [
        ("grant select on marts.made_by_hand to public", "revoke all on marts.made_by_hand from public",
         "read marts.made_by_hand"),
        ("grant usage on schema raw to public; grant select on raw.upload to entas_analyst",
         "revoke all on schema raw from public; revoke all on raw.upload from entas_analyst",
         "read raw.upload (UndefinedObject)"),
        ("grant usage on schema quality to entas_analyst; grant delete on quality.check_result to entas_analyst",
         "revoke all on schema quality from entas_analyst; revoke all on quality.check_result from entas_analyst",
         "delete from quality.check_result"),
        ("create function marts.peep() returns bigint language sql security definer"
         " return (select count(*) from raw.penduduk); grant execute on function marts.peep to public",
         "drop function marts.peep", "call marts.peep"),
        ("grant usage on schema identity, raw to entas_analyst; grant usage on sequence identity.ticket to public",
         "revoke all on schema identity, raw from entas_analyst; revoke all on sequence identity.ticket from public",
         "draw from identity.ticket"),
        ("grant create on schema marts to entas_analyst", "revoke create on schema marts from entas_analyst",
         "create in marts"),
        ("do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata loop"
         " execute format('grant select on large object %s to public', o); end loop; end $$;"
         " grant execute on function lo_get(oid) to public",
         "do $$ declare o oid; begin for o in select oid from pg_largeobject_metadata loop"
         " execute format('revoke all on large object %s from public', o); end loop; end $$;"
         " revoke all on function lo_get(oid) from public",
         "open large object"),
    ],
)  # fmt: skip
def test_the_enumeration_finds_what_is_given(office: Office, given: str, taken: str, shows: str) -> None:
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        before = reached(owner, analyst)
        owner.execute(given)
        try:
            found = reached(owner, analyst) - before
        finally:
            owner.execute(taken)
        if shows.startswith("read raw.upload"):
            shows = "read raw.upload"  # a policy refuses its rows, but not the right
        assert any(one.startswith(shows) for one in found), found
        assert reached(owner, analyst) == before


def test_the_enumeration_finds_an_open_database(office: Office) -> None:
    conninfo = office.conninfo("entas_analyst", PASSWORDS["ENTAS_ANALYST_PASSWORD"])
    with office.owner() as owner:
        owner.execute("create database open_to_all")
        try:
            assert entered(owner, conninfo) == {"entas", "open_to_all"}
        finally:
            owner.execute("drop database open_to_all")


def test_rows_stay_hidden_where_a_right_was_given_by_mistake(office: Office) -> None:
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        assert owner.execute("select count(*) > 0 from raw.penduduk").fetchone() == (True,)
        owner.execute("grant usage on schema raw to entas_analyst; grant select on raw.penduduk to entas_analyst")
        assert analyst.execute("select count(*) from raw.penduduk").fetchone() == (0,)
        owner.execute("revoke all on raw.penduduk from entas_analyst; revoke all on schema raw from entas_analyst")


def test_the_catalogue_tells_nothing_of_what_is_in_the_tables(office: Office) -> None:
    """pg_stats holds the most common values of columns, pg_stat_activity the queries of others, and so on."""
    relations = (
        "select c.oid::regclass::text from pg_class as c where c.relnamespace in"
        " ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and c.relkind in ('r', 'v') order by 1"
    )
    readable = 0
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        busy = owner.cursor()
        busy.execute("select 'Zqnama in a query of somebody else'")
        for (relation,) in analyst.execute(relations).fetchall():
            try:
                rows = analyst.execute(f"select t::text from {relation} as t").fetchall()
            except psycopg.errors.InsufficientPrivilege:
                continue
            readable += 1
            told = [row[0] for row in rows if row[0] and SECRET.search(row[0]) and "t::text" not in row[0]]
            assert not told, f"{relation}: {told[0][:200]}"
        assert readable > 100
        # It can be found: the owner sees it in three places.
        assert owner.execute("select count(*) > 0 from pg_stats as t where t::text ~ '32160101010'").fetchone() == (
            True,
        )
        assert owner.execute("select count(*) > 0 from pg_statistic as t where t::text ~ 'Zqnama'").fetchone() == (
            True,
        )


# --- one trick after the other --------------------------------------------------------------------------------------

TRICKS = """
set role entas_pipeline
set role entas_identity
set role entas_steward
set session authorization entas_pipeline
set local role postgres
alter role entas_analyst superuser
alter role entas_analyst bypassrls
alter role entas_analyst createrole
alter role entas_steward password 'mine'
grant entas_steward to entas_analyst
create role another login
reassign owned by entas_pipeline to entas_analyst
drop owned by entas_pipeline
alter default privileges for role entas_pipeline grant select on tables to entas_analyst
create temporary table mine (x int)
select * into temporary mine from marts.dim_village
create schema mine
create table public.mine (x int)
create view marts.mine as select 1
create function pg_temp.mine() returns int language sql return 1
do $$ begin raise notice 'code of mine'; end $$
create extension vector schema marts
create extension if not exists dblink
create foreign data wrapper mine
create publication mine for all tables
create subscription mine connection 'dbname=entas' publication mine with (connect = false)
create event trigger mine on ddl_command_end execute function identity.refuse_change()
create policy mine on marts.fct_household_status_monthly using (true)
alter table marts.fct_household_status_monthly disable row level security
create trigger mine before insert on marts.dim_village execute function identity.refuse_change()
create rule mine as on select to marts.dim_village do instead select 1
create operator pg_catalog.=== (leftarg = text, rightarg = text, function = texteq)
comment on table marts.dim_village is 'mine'
security label on table marts.dim_village is 'mine'
analyze raw.penduduk
vacuum raw.penduduk
cluster raw.penduduk using penduduk_pkey
reindex table raw.penduduk
refresh materialized view raw.penduduk
copy (select 1) to program 'id'
copy (select 1) to '/tmp/entas-mine'
copy marts.dim_village from '/etc/passwd'
copy raw.penduduk to stdout
table raw.penduduk
select 'raw.penduduk'::regclass
select 'identity.request(text[],text,text)'::regprocedure
select query_to_xml('select * from raw.penduduk', true, false, '')
select table_to_xml('raw.penduduk', true, false, '')
select schema_to_xml('raw', true, false, '')
select schema_to_xml('marts_asof_202310_1', true, false, '')
select cursor_to_xml('nothing', 1, true, false, '') from raw.penduduk
select * from ts_stat('select to_tsvector(nama) from raw.penduduk')
select currtid2('raw.penduduk', '(0,1)')
select pg_read_file('postgresql.conf')
select pg_read_binary_file('global/pg_control')
select pg_ls_dir('.')
select pg_ls_logdir()
select pg_ls_waldir()
select pg_stat_file('postgresql.conf')
select pg_current_logfile()
select pg_hba_file_rules()
select pg_show_all_file_settings()
select * from pg_authid
select * from pg_shadow
select * from pg_statistic
select * from pg_statistic_ext_data
select * from pg_user_mapping
select * from pg_largeobject
select pg_get_shmem_allocations()
select pg_read_file('server.log')
select pg_reload_conf()
select pg_rotate_logfile()
select pg_switch_wal()
select pg_create_restore_point('mine')
select pg_promote()
select pg_create_physical_replication_slot('mine')
select pg_create_logical_replication_slot('mine', 'pgoutput')
select pg_stat_reset()
select pg_stat_reset_shared('bgwriter')
select pg_log_backend_memory_contexts(1)
select pg_advisory_lock(1)
select pg_try_advisory_lock(1)
select pg_advisory_xact_lock_shared(1)
select lo_creat(-1)
select lo_from_bytea(0, 'mine')
select lo_import('/etc/passwd')
select lo_export(1, '/tmp/entas-mine')
set log_statement = 'all'
set session_replication_role = replica
set lo_compat_privileges = on
set temp_file_limit = -1
alter system set log_statement = 'all'
alter database entas set search_path = marts
show data_directory
show hba_file
select identity.my_villages()
select identity.let_readers_read('marts.dim_village')
select last_value from raw.upload_upload_id_seq
select setval('raw.upload_upload_id_seq', 1)
select pg_restore_relation_stats('schemaname', 'raw', 'relname', 'penduduk', 'reltuples', 1::real)
lock table marts.fct_household_status_monthly in access exclusive mode
declare mine cursor with hold for select * from raw.penduduk
prepare mine as select * from raw.penduduk
explain select * from raw.penduduk
""".strip().splitlines()

#: What PostgreSQL answers to some of them instead of a plain refusal.
OTHER_REFUSALS = (
    psycopg.errors.FeatureNotSupported,  # no such extension, no security labels
    psycopg.errors.InvalidParameterValue,  # role "none" cannot ...
    psycopg.errors.CantChangeRuntimeParam,
)


@pytest.mark.parametrize("statement", TRICKS)
def test_analysts_are_refused(office: Office, statement: str) -> None:
    with office.log_in("entas_analyst") as analyst, pytest.raises(psycopg.Error) as refusal:
        analyst.execute(f"begin; {statement}" if statement.startswith("lock") else statement)
    assert isinstance(refusal.value, (psycopg.errors.InsufficientPrivilege, *OTHER_REFUSALS)), refusal.value
    assert not SECRET.search(str(refusal.value))


#: These work for anybody, and PostgreSQL has no right to refuse them by; they tell nothing.
HARMLESS = """
select database_to_xml(true, false, '')
grant select on marts.dim_village to public
select string_agg(query, ' ') from pg_stat_activity
select string_agg(t::text, ' ') from pg_stat_get_activity(null) as t
select string_agg(pg_get_viewdef(oid), ' ') from pg_class where relkind = 'v'
select string_agg(prosrc, ' ') from pg_proc where pronamespace > 16000
select string_agg(pg_get_constraintdef(oid), ' ') from pg_constraint
select string_agg(pg_get_expr(adbin, adrelid), ' ') from pg_attrdef
select string_agg(pg_get_expr(polqual, polrelid), ' ') from pg_policy
select string_agg(description, ' ') from pg_description
select string_agg(most_common_vals::text, ' ') from pg_stats where schemaname = 'raw'
select string_agg(t::text, ' ') from pg_stats_ext as t
select max(last_value) from pg_sequences where schemaname <> 'pg_catalog'
select pg_sequence_last_value(c.oid) from pg_class as c where c.relname = 'upload_upload_id_seq'
select string_agg(t::text, ' ') from information_schema.columns as t where table_schema in ('raw', 'identity')
select string_agg(gid, ' ') from pg_prepared_xacts
select string_agg(t::text, ' ') from pg_locks as t
explain (analyze, verbose) select * from marts.fct_household_status_monthly
drop owned by current_user
alter role entas_analyst set search_path = marts
set statement_timeout = 0
notify mine, 'a message'
""".strip().splitlines()


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_anybody_may_do_tells_nothing(office: Office, statement: str) -> None:
    with office.log_in("entas_analyst") as analyst:
        try:
            cursor = analyst.execute(statement)
        except psycopg.errors.FeatureNotSupported as error:
            assert statement.startswith("select database_to_xml"), error  # noqa: PT017 - a server without libxml
            return
        told = str(cursor.fetchall()) if cursor.description else ""
        assert analyst.execute("select has_table_privilege('public', 'marts.dim_village', 'select')").fetchone() == (
            False,
        )
    assert not SECRET.search(told)
    if (
        statement.startswith("select pg_sequence_last_value")
        or "schemaname" in statement
        or "table_schema" in statement
    ):
        assert told == "[(None,)]"


def test_sessions_of_others_are_left_alone(office: Office) -> None:
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        for function in ("pg_terminate_backend", "pg_cancel_backend"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(sql.SQL("select {}({})").format(sql.SQL(function), owner.info.backend_pid))
        assert owner.execute("select 1").fetchone() == (1,)


def test_prepared_transactions_are_switched_off(office: Office) -> None:
    with office.log_in("entas_analyst") as analyst:
        analyst.execute("begin")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            analyst.execute("prepare transaction 'mine'")


def test_functions_with_their_owners_rights_look_into_no_schema_of_others(office: Office) -> None:
    with office.owner() as owner:
        loose = owner.execute(
            "select oid::regprocedure from pg_proc where prosecdef and pronamespace >= 16384"
            " and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']"
        ).fetchall()
        kept = owner.execute("select count(*) from pg_proc where prosecdef and pronamespace >= 16384").fetchone()
    assert loose == []
    assert kept == (4,)


def test_whoever_shows_identities_is_under_the_policies(office: Office) -> None:
    with office.owner() as owner:
        assert owner.execute(
            "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'entas_identity'"
        ).fetchone() == (False, False, False)
        owners = owner.execute(
            "select distinct proowner::regrole::text from pg_proc where oid in ("
            "'identity.request(text[],text,text)'::regprocedure, 'identity.members(bigint)'::regprocedure)"
        ).fetchall()
        assert owners == [("entas_identity",)]
        assert owner.execute("select count(*) from pg_class where relowner = 'entas_identity'::regrole").fetchone() == (
            0,
        )


# --- marts made again -----------------------------------------------------------------------------------------------


def test_marts_that_are_made_again_are_read_by_the_same_people(office: Office) -> None:
    names = ["fct_household_status_monthly", "fct_empowerment", "dim_village"]
    query = "select array_agg(oid) from pg_class where relname = any (%s) and relnamespace = 'marts'::regnamespace"
    with office.owner() as owner:
        oids = owner.execute(query, (names,)).fetchone()
        run_dbt(office.settings, ["run", *dbt_arguments(office.settings), "--full-refresh", "--select", *names])
        again = owner.execute(query, (names,)).fetchone()
        assert not set(oids[0]) & set(again[0])
        policies = owner.execute(
            "select polrelid::regclass::text, polname from pg_policy where polrelid = any (%s::oid[]) order by 1, 2",
            again,
        ).fetchall()
        with office.log_in("entas_analyst") as analyst, office.log_in("entas_steward") as steward:
            assert reads(marts(owner)) <= reached(owner, analyst)
            assert reads(marts(owner)) <= reached(owner, steward)
    assert policies == [
        ("marts.fct_empowerment", "district"), ("marts.fct_empowerment", "granted"),
        ("marts.fct_household_status_monthly", "district"), ("marts.fct_household_status_monthly", "granted"),
    ]  # fmt: skip


def test_a_view_about_families_is_not_for_stewards(office: Office) -> None:
    """It would show them what its owner sees."""
    with office.owner() as owner, office.log_in("entas_steward") as steward, office.log_in("entas_analyst") as analyst:
        owner.execute("set role entas_pipeline")
        owner.execute("create view marts.about_families as select household_id from marts.fct_household_status_monthly")
        owner.execute("select identity.let_readers_read('marts.about_families')")
        try:
            analyst.execute("table marts.about_families")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                steward.execute("table marts.about_families")
        finally:
            owner.execute("drop view marts.about_families")


# --- passwords ------------------------------------------------------------------------------------------------------


def logs_in(office: Office, login: str, password: str) -> bool:
    try:
        psycopg.connect(office.conninfo(login, password)).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error) or "no password supplied" in str(error):
            return False
        raise
    return True


def test_passwords_are_those_of_the_environment(office: Office, environment: pytest.MonkeyPatch) -> None:
    for name, password in PASSWORDS.items():
        assert logs_in(office, name.removesuffix("_PASSWORD").lower(), password)
    assert not logs_in(office, "entas_analyst", "")
    with office.owner() as owner:
        owner.execute("alter role postgres set log_statement = 'all'")
        before = owner.execute("select rolpassword from pg_authid where rolname = 'entas_steward'").fetchone()
        log = office.server.log.stat().st_size
        environment.setenv("ENTAS_ANALYST_PASSWORD", "another one")
        migrate(office.server.url("entas"), office.settings)
        assert logs_in(office, "entas_analyst", "another one")
        assert not logs_in(office, "entas_analyst", PASSWORDS["ENTAS_ANALYST_PASSWORD"])
        environment.setenv("ENTAS_ANALYST_PASSWORD", PASSWORDS["ENTAS_ANALYST_PASSWORD"])
        migrate(office.server.url("entas"), office.settings)
        owner.execute("alter role postgres reset log_statement")
        assert logs_in(office, "entas_analyst", PASSWORDS["ENTAS_ANALYST_PASSWORD"])
        # What has not changed is not written again.
        assert owner.execute("select rolpassword from pg_authid where rolname = 'entas_steward'").fetchone() == before
        written = office.server.log.read_text()[log:]
    assert "alter role" in written
    assert "another one" not in written


def test_a_role_without_password_cannot_log_in(office: Office, environment: pytest.MonkeyPatch) -> None:
    with office.owner() as owner:
        owner.execute("alter role entas_steward password null")
        environment.delenv("ENTAS_STEWARD_PASSWORD")
        try:
            migrate(office.server.url("entas"), office.settings)
            assert not logs_in(office, "entas_steward", PASSWORDS["ENTAS_STEWARD_PASSWORD"])
            with pytest.raises(EntasError, match="set ENTAS_STEWARD_PASSWORD to work as entas_steward"):
                look_up(office.settings, REASON, household_id="0" * 64)
        finally:
            environment.setenv("ENTAS_STEWARD_PASSWORD", PASSWORDS["ENTAS_STEWARD_PASSWORD"])
            migrate(office.server.url("entas"), office.settings)
        assert logs_in(office, "entas_steward", PASSWORDS["ENTAS_STEWARD_PASSWORD"])


def test_an_account_that_looks_after_a_role_sets_its_password(office: Office) -> None:
    """Without being superuser it cannot see what password there is, so it tries."""
    with office.owner() as owner:
        owner.execute("create role keeper login createrole password 'of the keeper'")
        owner.execute("grant entas_analyst to keeper with admin true, inherit false, set false")
        owner.execute("grant connect on database entas to keeper")
        conninfo = office.conninfo("keeper", "of the keeper")
        verifier = "select rolpassword from pg_authid where rolname = 'entas_analyst'"
        before = owner.execute(verifier).fetchone()
        with psycopg.connect(conninfo, autocommit=True) as keeper:
            set_passwords(keeper, conninfo, PASSWORDS)
            assert owner.execute(verifier).fetchone() == before
            set_passwords(keeper, conninfo, PASSWORDS | {"ENTAS_ANALYST_PASSWORD": "of the keeper's choice"})
            assert logs_in(office, "entas_analyst", "of the keeper's choice")
            # It is not the keeper of these: they stay as they are.
            set_passwords(keeper, conninfo, PASSWORDS | {"ENTAS_STEWARD_PASSWORD": "not for the keeper to say"})
            assert logs_in(office, "entas_steward", PASSWORDS["ENTAS_STEWARD_PASSWORD"])
            assert logs_in(office, "entas_analyst", PASSWORDS["ENTAS_ANALYST_PASSWORD"])


def test_a_verifier_tells_its_password_only() -> None:
    # RFC 7677's example.
    verifier = (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert is_password("pencil", verifier)
    assert not is_password("pencils", verifier)
    assert not is_password("pencil", "md5d0b5a1c4")
    assert not is_password("", "")


def test_readers_have_limits_that_an_office_can_change(office: Office) -> None:
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        assert analyst.execute("show statement_timeout").fetchone() == ("10min",)
        assert analyst.execute("show idle_in_transaction_session_timeout").fetchone() == ("15min",)
        owner.execute("alter role entas_analyst set statement_timeout = '1h'")
        owner.execute("update identity.settled_rights set digest = 'of another version'")
        migrate(office.server.url("entas"), office.settings)
        with office.log_in("entas_analyst") as later:
            assert later.execute("show statement_timeout").fetchone() == ("1h",)
        owner.execute("alter role entas_analyst set statement_timeout = '10min'")
        assert owner.execute("select rolconnlimit from pg_roles where rolname = 'entas_analyst'").fetchone() == (40,)


# --- stewards -------------------------------------------------------------------------------------------------------

Steward = tuple[str, str]


@pytest.fixture(scope="module")
def steward(office: Office) -> Steward:
    """A steward of one district: login and password."""
    password = add_steward(office.settings, "tksk_babelan", [DISTRICT])
    assert password
    return "tksk_babelan", password


@pytest.fixture(scope="module")
def families(office: Office) -> dict[str, str]:
    """A family listed in the steward's district alone, one elsewhere alone, and one in both."""
    with office.owner() as owner:
        rows = owner.execute(
            "select household_id, bool_or(village_code like '32.16.01.%'), bool_or(village_code not like '32.16.01.%')"
            " from raw.penduduk inner join raw.upload using (upload_id) group by 1 order by 1"
        ).fetchall()
    found = {}
    for household, here, elsewhere in rows:
        found["both" if here and elsewhere else "here" if here else "elsewhere"] = household
    return found


def test_a_district_s_steward_sees_families_of_the_district_alone(
    office: Office, steward: Steward, families: dict[str, str]
) -> None:
    login, password = steward
    with office.owner() as owner:
        for kind, household in families.items():
            seen = look_up(office.settings, REASON, household_id=household, role=login, password=password)
            assert {one.village_code[:8] for one in seen.members} == (set() if kind == "elsewhere" else {DISTRICT})
            whole = look_up(office.settings, REASON, household_id=household)
            listed = owner.execute(
                "select distinct village_code from raw.penduduk inner join raw.upload using (upload_id)"
                " where household_id = %s",
                (household,),
            ).fetchall()
            assert {one.village_code for one in whole.members} == {village for (village,) in listed}
            assert all(one.nama and one.nama.startswith("Zqnama") for one in whole.members)
            logged = owner.execute(
                "select looked_up_by, household_id, purpose, person_ids from identity.look_up where ticket = any (%s)"
                " order by ticket",
                ([seen.ticket, whole.ticket],),
            ).fetchall()
            assert [row[:3] for row in logged] == [(login, household, REASON), ("entas_steward", household, REASON)]
            assert bool(logged[0][3]) == (kind != "elsewhere")
            assert set(logged[0][3]) <= set(logged[1][3])
    assert "both" in families
    assert len(families) > 1


def test_a_family_is_shown_as_listed_last_up_to_a_month(office: Office, families: dict[str, str]) -> None:
    with office.owner() as owner:
        household, village, first, last = owner.execute(
            "select household_id, village_code, min(period), max(period)"
            " from raw.penduduk inner join raw.upload using (upload_id)"
            " group by 1, 2 having min(period) < max(period) order by 1, 2 limit 1"
        ).fetchone()
        for period in (first, last):
            from entas.clock import require_period

            seen = look_up(office.settings, REASON, household_id=household, period=require_period(period))
            here = [one for one in seen.members if one.village_code == village]
            assert {one.period for one in here} == {period}
            expected = owner.execute(
                "select p.nama from raw.penduduk as p where p.household_id = %s and p.upload_id = ("
                " select upload_id from raw.penduduk inner join raw.upload using (upload_id)"
                " where household_id = %s and village_code = %s and period = %s order by received_at desc limit 1)"
                " order by position",
                (household, household, village, period),
            ).fetchall()
            assert [(one.nama,) for one in here] == expected


def test_the_district_s_marts_of_families_are_the_district_s(office: Office, steward: Steward) -> None:
    limited = 0
    with office.owner() as owner, office.log_in(*steward) as district, office.log_in("entas_steward") as whole:
        for name, of_families in marts(owner).items():
            table = sql.Identifier("marts", name)
            count = sql.SQL("select count(*) from {}").format(table)
            everything = owner.execute(count).fetchone()
            assert whole.execute(count).fetchone() == everything, name
            if not of_families:
                assert district.execute(count).fetchone() == everything, name
                continue
            columns = {
                column.name for column in owner.execute(sql.SQL("select * from {} limit 0").format(table)).description
            }
            theirs = [
                f"{column} like '{DISTRICT}.%'"
                for column in ("village_code", "previous_village_code")
                if column in columns
            ] or [
                "household_id in (select household_id from marts.fct_household_status_monthly"
                f" where village_code like '{DISTRICT}.%' or previous_village_code like '{DISTRICT}.%')"
            ]
            expected = owner.execute(
                sql.SQL("select count(*) from {} where {}").format(table, sql.SQL(" or ".join(theirs)))
            ).fetchone()
            assert district.execute(count).fetchone() == expected, name
            limited += expected != everything
    assert limited >= 4


def test_rows_of_other_districts_reach_no_error_message(office: Office, steward: Steward) -> None:
    """A condition that fails on hidden rows would tell of them, were it tried before the policy."""
    tell = (
        "select count(*) from marts.fct_household_status_monthly where 1 / (case when village_code like {} and"
        " coalesce(previous_village_code, '') like {} then 0 else 1 end) > 0"
    )
    for district, told in (("32.16.09.%", False), (f"{DISTRICT}.%", True)):
        with office.log_in(*steward) as caller:
            statement = sql.SQL(tell).format(district, district)
            if told:
                with pytest.raises(psycopg.errors.DivisionByZero):
                    caller.execute(statement)
            else:
                assert caller.execute(statement).fetchone() > (0,)


def test_the_log_is_committed_before_anybody_is_shown(
    office: Office, steward: Steward, families: dict[str, str]
) -> None:
    request = "select identity.request(array[%s], 'kunjungan')"
    members = "select nama from identity.members(%s)"
    with office.owner() as owner, office.log_in(*steward) as caller:
        rows = "select count(*) from identity.look_up"
        before = owner.execute(rows).fetchone()
        # In one transaction, also below a savepoint and by one statement: nothing is shown.
        for savepoint in (False, True):
            caller.execute("begin")
            if savepoint:
                caller.execute("savepoint before")
            (ticket,) = caller.execute(request, (families["here"],)).fetchone()
            if savepoint:
                caller.execute("release savepoint before")
            with pytest.raises(psycopg.errors.InvalidTransactionState, match="commit first"):
                caller.execute(members, (ticket,))
            caller.execute("rollback")
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="commit first"):
            caller.execute(
                "select m.nama from identity.request(array[%s], 'kunjungan') as t"
                " cross join lateral identity.members(t) as m",
                (families["here"],),
            )
        assert owner.execute(rows).fetchone() == before
        # A ticket that was taken back is none.
        with pytest.raises(psycopg.errors.RaiseException, match="no such ticket"):
            caller.execute(members, (ticket,))
        # What was committed stays, whatever becomes of the transaction that looks.
        (ticket,) = caller.execute(request, (families["here"],)).fetchone()
        with caller.transaction(force_rollback=True):
            assert caller.execute(members, (ticket,)).fetchall()
        assert owner.execute(rows).fetchone() == (before[0] + 1,)


def test_tickets_are_of_one_login_and_of_one_quarter_of_an_hour(
    office: Office, steward: Steward, families: dict[str, str]
) -> None:
    with office.owner() as owner, office.log_in(*steward) as caller, office.log_in("entas_steward") as other:
        (ticket,) = caller.execute("select identity.request(array[%s], 'kunjungan')", (families["here"],)).fetchone()
        with pytest.raises(psycopg.errors.RaiseException, match="no such ticket of yours"):
            other.execute("select identity.members(%s)", (ticket,))
        old = owner.execute(
            "insert into identity.look_up (looked_up_at, looked_up_by, household_id, purpose, ticket, person_ids,"
            " transaction_id) select now() - interval '16 minutes', looked_up_by, household_id, purpose,"
            " nextval('identity.ticket'), person_ids, transaction_id from identity.look_up where ticket = %s"
            " returning ticket",
            (ticket,),
        ).fetchone()
        with pytest.raises(psycopg.errors.RaiseException, match="older than 15 minutes"):
            caller.execute("select identity.members(%s)", old)


def test_the_logs_are_append_only_for_their_owner_too(office: Office) -> None:
    with office.owner() as owner:
        owner.execute("set role entas_pipeline")
        for table in ("look_up", "steward_change"):
            for statement in (
                "delete from identity.{}",
                "update identity.{} set role_name = 'x'",
                "truncate identity.{}",
            ):
                if table == "look_up":
                    statement = statement.replace("role_name", "purpose")
                with pytest.raises(psycopg.errors.RestrictViolation):
                    owner.execute(sql.SQL(statement).format(sql.SQL(table)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "household", "says"),
    [
        ("", "0" * 64, "for what reason"),
        (" \t\n  ok ", "0" * 64, "for what reason"),
        ("kartu 3216010101000001", "0" * 64, "no NIK or card number"),
        ("kartu 3216 0101 0100 0001", "0" * 64, "no NIK or card number"),
        ("x" * 501, "0" * 64, "at most 500 characters"),
        (REASON, "' or true", "64 hexadecimal digits"),
    ],
)
def test_a_look_up_says_why_and_whom(office: Office, reason: str, household: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        look_up(office.settings, reason, household_id=household)


def test_row_security_cannot_be_switched_off(office: Office, steward: Steward, families: dict[str, str]) -> None:
    with office.log_in(*steward) as caller:
        caller.execute("set row_security = off")
        (ticket,) = caller.execute("select identity.request(array[%s], 'kunjungan')", (families["both"],)).fetchone()
        seen = caller.execute("select village_code from identity.members(%s)", (ticket,)).fetchall()
        assert {village[:8] for (village,) in seen} == {DISTRICT}
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            caller.execute("table marts.fct_household_status_monthly")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            caller.execute("set role entas_steward")
        caller.execute("reset row_security")
        caller.execute("drop owned by current_user")
        assert caller.execute("select cardinality(identity.my_villages())").fetchone() == (
            sum(code.startswith(DISTRICT) for code in _village_codes(office)),
        )


def _village_codes(office: Office) -> list[str]:
    with office.owner() as owner:
        return [code for (code,) in owner.execute("select village_code from reference.village").fetchall()]


def test_stewards_are_added_changed_and_removed_and_it_is_written_down(office: Office) -> None:
    settings = office.settings
    password = add_steward(settings, "psm_cikarang", ["321609", "32.16.08"])
    assert password
    assert len(password) >= 20
    with office.log_in("psm_cikarang", password) as open_session:
        villages = "select cardinality(identity.my_villages())"
        both = open_session.execute(villages).fetchone()
        remove_steward(settings, "psm_cikarang", ["32.16.08"])
        assert open_session.execute(villages).fetchone() < both
        assert add_steward(settings, "psm_cikarang", [], "a password of theirs") is None
        assert open_session.execute(villages).fetchone() == (187,)
        told = {one.name: one for one in list_stewards(settings)}
        assert told["psm_cikarang"].districts == {}
        assert told["psm_cikarang"].can_log_in
        assert told["entas_steward"].districts == {}
        remove_steward(settings, "psm_cikarang")
        with pytest.raises(psycopg.Error):
            open_session.execute("select identity.request(array[repeat('0', 64)], 'kunjungan')")
    assert "psm_cikarang" not in {one.name for one in list_stewards(settings)}
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(office.conninfo("psm_cikarang", "a password of theirs"))
    with office.owner() as owner:
        changes = owner.execute(
            "select change, district_code from identity.steward_change where role_name = 'psm_cikarang'"
            " and changed_by like '%(postgres)' order by changed_at"
        ).fetchall()
    assert changes == [
        ("added", "32.16.09"), ("added", "32.16.08"), ("password", None), ("removed", "32.16.08"),
        ("removed", "32.16.09"), ("added", None), ("password", None), ("removed", None),
    ]  # fmt: skip


def test_what_cannot_be_a_steward_is_told_so(office: Office) -> None:
    settings = office.settings
    for name in ("Budi", "a b", "pg_read_all_data", "entas_pipeline", 'x"; drop role y', "postgres", "ok"):
        with pytest.raises(UsageError, match="cannot be a steward's login"):
            add_steward(settings, name, [DISTRICT])
    with office.owner() as owner:
        owner.execute("create role of_another_system login")
    with pytest.raises(UsageError, match="is a role of this server already and no steward"):
        add_steward(settings, "of_another_system", [DISTRICT])
    with pytest.raises(UsageError, match=r"no kecamatan of 32\.16"):
        add_steward(settings, "tksk_karawang", ["32.15.01"])
    with pytest.raises(UsageError, match="there is no steward"):
        remove_steward(settings, "nobody_here")
    with pytest.raises(UnreachableError, match="nobody_here"):
        look_up(settings, REASON, household_id="0" * 64, role="nobody_here", password="x")
    with office.log_in("entas_steward") as connection:
        assert connection.execute("select 1 from pg_roles where rolname like 'tksk_karawang'").fetchone() is None


def test_analysts_may_not_look_identities_up(office: Office) -> None:
    with pytest.raises(EntasError, match="entas_analyst may not look identities up"):
        look_up(office.settings, REASON, household_id="0" * 64, role="entas_analyst")


# --- upgrades -------------------------------------------------------------------------------------------------------


def test_an_upgraded_log_keeps_its_rows(office: Office) -> None:
    with office.owner() as owner:
        kept = owner.execute(
            "select looked_up_by, household_id, ticket, person_ids from identity.look_up"
            " where purpose = 'before there were tickets'"
        ).fetchall()
    assert kept == [("entas_steward", "0" * 64, None, [])]


def test_rights_that_were_changed_by_hand_are_settled_again_with_the_next_version(office: Office) -> None:
    settle: Callable[[], bool] = lambda: migrate(office.server.url("entas"), office.settings)  # noqa: E731
    with office.owner() as owner, office.log_in("entas_analyst") as analyst:
        before = reached(owner, analyst)
        owner.execute("grant usage on schema raw, identity to entas_analyst")
        owner.execute("grant select on raw.upload to entas_analyst; grant select on identity.look_up to public")
        owner.execute("grant connect on database entas to public")
        assert reached(owner, analyst) != before
        owner.execute("update identity.settled_rights set digest = 'of another version'")
        assert settle()
        assert reached(owner, analyst) == before
        assert owner.execute("select has_database_privilege('public', 'entas', 'connect')").fetchone() == (False,)
        written = "select settled_at from identity.settled_rights"
        at = owner.execute(written).fetchone()
        assert settle()
        assert owner.execute(written).fetchone() == at


def test_a_server_whose_administrator_made_three_roles_goes_on_without_look_ups(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Earlier versions asked for no entas_identity, and this account may not grant it."""
    with office.owner() as owner:
        owner.execute("create role borrower login password 'of the borrower'; grant entas_pipeline to borrower")
        owner.execute("create database borrowed owner borrower")
        owner.execute("revoke entas_identity from entas_pipeline")
        try:
            url = f"postgresql://borrower:of%20the%20borrower@/borrowed?host={office.server.socket_folder}"
            settings = make_settings(tmp_path, url)
            assert open_warehouse(settings).roles
            assert "nobody can look identities up" in caplog.text
            with pytest.raises(EntasError, match="entas_steward may not look identities up here"):
                look_up(settings, REASON, household_id="0" * 64)
            with pytest.raises(EntasError, match="create role tksk_x login; grant entas_steward to tksk_x"):
                add_steward(settings, "tksk_x", [DISTRICT])
            # Later it is granted, and the next command sees to the rest.
            owner.execute("grant entas_identity to entas_pipeline with inherit false, set true")
            assert migrate(url, settings)
            assert look_up(settings, REASON, household_id="0" * 64).members == []
        finally:
            owner.execute("grant entas_identity to entas_pipeline with inherit false, set true")
            owner.execute("drop database if exists borrowed with (force)")
