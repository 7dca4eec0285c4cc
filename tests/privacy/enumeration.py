"""What a login can reach, by trying: each object that the catalogue of its owner names, over the login's connection."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

#: Refusals, and nothing else: a statement that fails for another reason got through.
REFUSED = (psycopg.errors.InsufficientPrivilege,)
#: PostgreSQL's own, whose rights are in its manual; what stands in them is searched by another test.
SYSTEM = ("pg_catalog", "information_schema")

_SCHEMAS = "select nspname from pg_namespace where nspname <> all (%s) and nspname !~ '^pg_(toast_)?temp_' order by 1"
_RELATIONS = """
select n.nspname, c.relname, c.relkind
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname <> all (%s) and n.nspname !~ '^pg_(toast_)?temp_' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 't')
order by 1, 2
"""
_FUNCTIONS = """
select n.nspname, p.proname, array(select format_type(t, null) from unnest(p.proargtypes) as t), p.prokind
from pg_proc as p
inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname <> all (%s)
order by 1, 2
"""
_TYPES = """
select n.nspname, t.typname
from pg_type as t
inner join pg_namespace as n on n.oid = t.typnamespace
where n.nspname <> all (%s) and n.nspname !~ '^pg_'
order by 1, 2
"""


def reached(owner: psycopg.Connection, login: psycopg.Connection) -> set[str]:
    """What `login` can do, as `read marts.dim_village`, with everything in the database of `owner`.

    `owner` sees the whole catalogue; both are in autocommit, and nothing that succeeds is kept.
    """
    found = set()
    for action, statement in _attempts(owner):
        try:
            with login.transaction(force_rollback=True):
                login.execute(statement)
        except REFUSED:
            continue
        except psycopg.Error as error:
            found.add(f"{action} ({type(error).__name__})")
        else:
            found.add(action)
    return found


def entered(owner: psycopg.Connection, conninfo: str) -> set[str]:
    """The databases of the server that a login of this connection string can connect to."""
    found = set()
    for (name,) in owner.execute("select datname from pg_database where datallowconn").fetchall():
        try:
            psycopg.connect(make_conninfo(conninfo, dbname=name)).close()
        except psycopg.OperationalError as error:
            if "permission denied for database" not in str(error):
                raise
        else:
            found.add(name)
    return found


def _attempts(owner: psycopg.Connection) -> Iterator[tuple[str, sql.Composed]]:
    system = [list(SYSTEM)]
    for (schema,) in owner.execute(_SCHEMAS, system).fetchall():
        name = sql.Identifier(schema)
        yield f"create in {schema}", sql.SQL("create table {}.made_by_a_reader (x int)").format(name)
    for schema, relation, kind in owner.execute(_RELATIONS, system).fetchall():
        name, shown = sql.Identifier(schema, relation), f"{schema}.{relation}"
        yield f"read {shown}", sql.SQL("select * from {} limit 1").format(name)
        if kind == "S":
            yield f"draw from {shown}", sql.SQL("select nextval({})").format(sql.Literal(name.as_string(owner)))
        elif kind != "t":
            yield f"delete from {shown}", sql.SQL("delete from {} where false").format(name)
            yield f"insert into {shown}", sql.SQL("insert into {} default values").format(name)
            yield f"lock {shown}", sql.SQL("lock table {} in share mode").format(name)
            if kind in "rp":
                yield f"empty {shown}", sql.SQL("truncate {}").format(name)
    for schema, function, types, kind in owner.execute(_FUNCTIONS, system).fetchall():
        name, shown = sql.Identifier(schema, function), f"{schema}.{function}"
        nulls = sql.SQL(", ").join(sql.SQL("null::{}").format(sql.SQL(one)) for one in types)
        call = sql.SQL("call {}({})" if kind == "p" else "select {}({})").format(name, nulls)
        yield f"call {shown}", call
    for schema, kind in owner.execute(_TYPES, system).fetchall():
        yield f"use type {schema}.{kind}", sql.SQL("select null::{}").format(sql.Identifier(schema, kind))
    for (number,) in owner.execute("select oid from pg_largeobject_metadata").fetchall():
        yield f"open large object {number}", sql.SQL("select lo_get({})").format(sql.Literal(number))
    for (language,) in owner.execute("select lanname from pg_language where lanpltrusted").fetchall():
        yield (
            f"write {language}",
            sql.SQL("create function marts.made_by_a_reader() returns int language {} as ''").format(
                sql.Identifier(language)
            ),
        )
