"""Decide about one upload and load it, in one transaction (design, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from entas import areas, clock
from entas.intake.cover import cover_identities, note
from entas.intake.prepare import PreparedRegister, PreparedUpload
from entas.intake.scan import Pending
from entas.validation import sql_rules

#: The order in which an upload's registers are loaded: the others are compared with the persons it lists itself.
_LOAD_ORDER = ("penduduk", "kesejahteraan", "verifikasi", "bantuan", "pemberdayaan")


@dataclass(frozen=True)
class Decision:
    """What becomes of an upload; `refused` gives for each register that is not taken the reason (Indonesian)."""

    status: str
    reason: str | None
    refused: dict[str, str] = field(default_factory=dict)


def reject_by_place(one: Pending, regency: str) -> str | None:
    """Why a file is rejected for where it lies, whatever it holds; None when its place is right."""
    if not one.in_place:
        return (
            "Berkas tidak berada di folder <kode desa>/<tahun-bulan>. "
            "Pindahkan langsung ke folder desa dan bulannya, misalnya 32.16.09.2003/2023-10."
        )
    known = areas.villages(regency)
    if one.village_code not in known:
        regency_name = next(iter(known.values())).regency_name
        return (
            f"Kode desa {one.village_code!r} bukan desa atau kelurahan di {regency_name}. "
            "Periksa nama folder; gunakan kode Kemendagri, misalnya 32.16.09.2003."
        )
    month = clock.parse_period(one.period)
    if month is None:
        return f"Periode {one.period!r} tidak dikenal. Tulis nama folder sebagai tahun-bulan, misalnya 2023-10."
    if month > clock.jakarta_day(one.received_at):
        return f"Periode {one.period} belum tiba. Unggah register setelah bulan itu dimulai, atau perbaiki nama folder."
    return None


#: An earlier upload of the same bytes of which everything still holds: no register refused, its snapshot not replaced,
#: its events not replaced by a file of the same name, no family's amounts and no decision listed anew since.
_SAME_AND_IN_FORCE = """
with earlier as (
    select upload_id, received_at, file_name from raw.upload
    where village_code = %(village)s and period = %(period)s and sha256 = %(sha256)s
      and status in ('accepted', 'accepted_with_quarantine')
),
later as (
    select l.upload_id, l.received_at, l.period, l.file_name from raw.upload l
    where l.village_code = %(village)s and l.status in ('accepted', 'accepted_with_quarantine')
)
select e.upload_id, e.file_name from earlier e
where not exists (
    select from raw.upload_register r where r.upload_id = e.upload_id and r.status = 'refused'
)
and not exists (
    select from raw.upload_register mine, later l join raw.upload_register theirs using (upload_id)
    where mine.upload_id = e.upload_id and mine.register = 'penduduk'
      and theirs.register = 'penduduk' and theirs.status = 'accepted'
      and l.period = %(period)s and l.received_at > e.received_at
)
and not exists (
    select from raw.upload_register mine, later l
    where mine.upload_id = e.upload_id and mine.register in ('verifikasi', 'bantuan', 'pemberdayaan')
      and l.period = %(period)s and l.file_name = e.file_name and l.received_at > e.received_at
)
and not exists (
    select from raw.kesejahteraan mine join raw.kesejahteraan theirs using (household_id), later l
    where mine.upload_id = e.upload_id and l.upload_id = theirs.upload_id
      and l.period = %(period)s and l.received_at > e.received_at
)
-- A family without card number is listed anew with its head's NIK, or with a card that lists that person.
and not exists (
    select from raw.kesejahteraan mine join raw.kesejahteraan theirs using (head_person_id), later l
    where mine.upload_id = e.upload_id and l.upload_id = theirs.upload_id
      and (mine.household_id is null or theirs.household_id is null)
      and l.period = %(period)s and l.received_at > e.received_at
)
and not exists (
    select from raw.kesejahteraan mine
    join raw.penduduk head on head.person_id = mine.head_person_id and head.has_nik
    join raw.kesejahteraan theirs on theirs.household_id = head.household_id, later l
    where mine.upload_id = e.upload_id and l.upload_id = theirs.upload_id and mine.household_id is null
      and l.period = %(period)s and l.received_at > e.received_at
)
and not exists (
    select from raw.kesejahteraan mine
    join raw.penduduk head using (household_id)
    join raw.kesejahteraan theirs on theirs.head_person_id = head.person_id, later l
    where mine.upload_id = e.upload_id and l.upload_id = theirs.upload_id and theirs.household_id is null
      and head.has_nik and l.period = %(period)s and l.received_at > e.received_at
)
and not exists (
    select from raw.verifikasi mine join raw.verifikasi theirs using (household_id, tanggal_musyawarah, hasil), later l
    where mine.upload_id = e.upload_id and l.upload_id = theirs.upload_id and l.received_at > e.received_at
      and not exists (
          select from later newer
          where newer.period = l.period and newer.file_name = l.file_name and newer.received_at > l.received_at
      )
)
order by e.received_at desc limit 1
"""

_REGISTER_IN_FORCE = """
select r.families, u.period from raw.upload u join raw.upload_register r using (upload_id)
where u.village_code = %s and u.period <= %s and r.register = 'penduduk' and r.status = 'accepted'
order by u.period desc, u.received_at desc limit 1
"""


def find_duplicate(connection: psycopg.Connection, one: Pending, sha256: str) -> tuple[int, str] | None:
    """The upload that already says what these bytes say (id and file name), or None."""
    row = connection.execute(
        _SAME_AND_IN_FORCE, {"village": one.village_code, "period": one.period, "sha256": sha256}
    ).fetchone()
    return (row[0], row[1]) if row else None


def decide(connection: psycopg.Connection, one: Pending, upload: PreparedUpload) -> Decision:
    """Status, reason and refused registers of an upload that was read and is no duplicate."""
    if upload.error:
        return Decision("rejected", upload.error)
    refused = {}
    penduduk = upload.registers.get("penduduk")
    if penduduk:
        reason = _refuse_snapshot(connection, one, penduduk, upload.rows_left_out.get("penduduk", 0))
        if reason:
            refused["penduduk"] = reason
    problems = [f"Register {name} tidak diterima: {reason}" for name, reason in refused.items()]
    problems += upload.left_out
    if len(refused) == len(upload.registers):
        return Decision("rejected", " ".join(problems), refused)
    quarantined = any(register.rows_quarantined for name, register in upload.registers.items() if name not in refused)
    status = "accepted_with_quarantine" if problems or quarantined else "accepted"
    return Decision(status, " ".join(problems) or None, refused)


def _refuse_snapshot(
    connection: psycopg.Connection, one: Pending, register: PreparedRegister, left_out: int
) -> str | None:
    """Why a population register is not taken: damaged, or a part of the village only.

    Rows of its sheets that were left out for want of a column cannot be accepted either: the sheet of one RT must not
    stand for the village because those of the others have a header too few.
    """
    if register.rows_good * 2 < register.rows_read + left_out:
        elsewhere = f" ({left_out} baris ada pada lembar yang dilewati)" if left_out else ""
        remedy = "lembar yang dilewati dan baris yang ditandai" if left_out else "baris yang ditandai"
        return (
            f"hanya {register.rows_good} dari {register.rows_read + left_out} baris yang dapat diterima{elsewhere}, "
            f"sehingga berkas dianggap rusak dan register sebelumnya tetap berlaku. Perbaiki {remedy}, lalu unggah "
            "kembali."
        )
    if "lengkap" in one.file_name.lower():
        return None
    in_force = connection.execute(_REGISTER_IN_FORCE, (one.village_code, one.period)).fetchone()
    if in_force and register.families * 2 < in_force[0]:
        return (
            f"berkas memuat {register.families} keluarga, kurang dari separuh register {in_force[1]} yang berlaku "
            f"({in_force[0]} keluarga), sehingga tampak sebagai sebagian saja. Unggah register seluruh desa; jika "
            "memang sudah seluruhnya, tambahkan kata 'lengkap' pada nama berkas."
        )
    return None


@dataclass(frozen=True)
class Loaded:
    """What was written for an upload."""

    upload_id: int
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_warned: int
    notes: list[str]


def write(
    connection: psycopg.Connection, one: Pending, sha256: str, decision: Decision, upload: PreparedUpload | None
) -> Loaded:
    """Write an upload with all its rows and results. The caller's transaction makes it all or nothing."""
    registers = [upload.registers[name] for name in _LOAD_ORDER if upload and name in upload.registers]
    taken = [] if decision.status == "rejected" else [r for r in registers if r.register not in decision.refused]
    notes = list(upload.notes) if upload else []
    upload_id = connection.execute(
        """
        insert into raw.upload (village_code, period, file_name, sha256, bytes, received_at, status, reason,
                                rows_read, rows_accepted, rows_quarantined, notes)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning upload_id
        """,
        (
            one.village_code,
            one.period,
            one.file_name,
            sha256,
            one.bytes,
            one.received_at,
            decision.status,
            decision.reason,
            sum(r.rows_read for r in registers),
            sum(r.rows_good for r in taken),
            sum(r.rows_quarantined for r in registers),
            notes,
        ),
    ).fetchone()[0]
    connection.execute("update raw.inbox_file set upload_id = %s where received_at = %s", (upload_id, one.received_at))
    for register in registers:
        _write_results(connection, upload_id, register, loaded=register in taken)
    for register in taken:
        _copy_rows(connection, upload_id, register)
    # After all are copied: persons that the upload itself lists are known by now.
    covered = {register.register: cover_identities(connection, upload_id, register.register) for register in taken}
    if any(covered.values()):
        notes += [note(register, cells) for register, cells in covered.items() if cells]
        connection.execute("update raw.upload set notes = %s where upload_id = %s", (notes, upload_id))
    warned = 0
    for register in registers:
        positions = set(register.warned) if register in taken else set()
        if register in taken:
            positions |= _apply_sql_rules(connection, one, upload_id, register)
        warned += len(positions)
        connection.execute(
            """
            insert into raw.upload_register (upload_id, register, status, reason, format_id, format_version, sheets,
                families, rows_read, rows_accepted, rows_quarantined, rows_warned, unknown_columns)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                upload_id,
                register.register,
                "accepted" if register in taken else "refused",
                decision.refused.get(register.register),
                register.format_id,
                register.format_version,
                list(register.sheets),
                register.families if register.register == "penduduk" else None,
                register.rows_read,
                register.rows_good if register in taken else 0,
                register.rows_quarantined,
                len(positions),
                list(register.unknown_columns),
            ),
        )
    if warned:
        connection.execute("update raw.upload set rows_warned = %s where upload_id = %s", (warned, upload_id))
    if decision.status != "duplicate":
        connection.execute("insert into raw.feedback_due (upload_id) values (%s)", (upload_id,))
    return Loaded(
        upload_id,
        rows_read=sum(r.rows_read for r in registers),
        rows_accepted=sum(r.rows_good for r in taken),
        rows_quarantined=sum(r.rows_quarantined for r in registers),
        rows_warned=warned,
        notes=notes,
    )


def _copy_rows(connection: psycopg.Connection, upload_id: int, register: PreparedRegister) -> None:
    """COPY the rows; the column's default takes the upload's id from the setting."""
    connection.execute("select set_config('entas.upload_id', %s, true)", (str(upload_id),))
    target = sql.Identifier("raw", register.register)
    columns = sql.SQL(", ").join(map(sql.Identifier, register.columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(target, columns)
    with connection.cursor().copy(statement) as copy:
        copy.write(register.csv)


def _write_results(connection: psycopg.Connection, upload_id: int, register: PreparedRegister, *, loaded: bool) -> None:
    with connection.cursor().copy(
        """
        copy quality.quarantined_row (upload_id, register, sheet, row_number, rule_id, column_name, value, sentence,
                                      row_values) from stdin
        """
    ) as copy:
        for finding, values in register.quarantined:
            copy.write_row((upload_id, register.register, *finding, values))
    if loaded:
        _copy_warnings(connection, upload_id, register.register, register.warnings)
    with connection.cursor().copy(
        "copy quality.check_result (upload_id, register, rule_id, severity, rows_checked, rows_failed) from stdin"
    ) as copy:
        for check in register.checks:
            copy.write_row((upload_id, register.register, *check))


def _copy_warnings(connection: psycopg.Connection, upload_id: int, register: str, warnings: Iterable[tuple]) -> None:
    with connection.cursor().copy(
        """
        copy quality.row_warning (upload_id, register, sheet, row_number, rule_id, column_name, value, sentence)
        from stdin
        """
    ) as copy:
        for finding in warnings:
            copy.write_row((upload_id, register, *finding))


#: What the SQL rules of expectations/*.yaml read: `batch` is the register's rows of this upload, `listed` every row of
#: the population registers in force in its period, `members` their living members by family. An upload has few rows and
#: a regency millions, so both are looked up by index for each row: the rules ask with a scalar subquery or laterally,
#: which PostgreSQL does not turn into a scan of all that is listed.
_RULE_CONTEXT = """
with in_force as materialized (
    select distinct on (u.village_code) u.upload_id
    from raw.upload u join raw.upload_register r using (upload_id)
    where r.register = 'penduduk' and r.status = 'accepted' and u.period <= {period}
    order by u.village_code, u.period desc, u.received_at desc
),
batch as (select * from raw.{register} where upload_id = {upload_id}),
listed as (select * from raw.penduduk where upload_id = any (array(select upload_id from in_force))),
members as (
    select batch.household_id, max(claims.living) as living
    from batch cross join lateral (
        select count(*) filter (where coalesce(status_dasar, 1) = 1) as living
        from listed where listed.household_id = batch.household_id group by listed.upload_id
    ) claims
    group by batch.household_id
)
select position, sheet, row_number, value from ({query}) failed join batch b using (position)
"""


def _apply_sql_rules(
    connection: psycopg.Connection, one: Pending, upload_id: int, register: PreparedRegister
) -> set[int]:
    """Judge the loaded rows by the rules that need the warehouse; all are warnings.

    GX's own SQL engine connects by itself and could not see rows that are not yet committed, so the queries of its
    `unexpected_rows_expectation` entries run here, in the upload's transaction.
    """
    warned: set[int] = set()
    for rule in sql_rules(register.register):
        statement = sql.SQL(_RULE_CONTEXT).format(
            period=sql.Literal(one.period),
            register=sql.Identifier(register.register),
            upload_id=sql.Literal(upload_id),
            query=sql.SQL(rule.query),
        )
        failed = connection.execute(statement).fetchall()
        checked = connection.execute(
            sql.SQL("select count(*) from raw.{} where upload_id = %s and ({})").format(
                sql.Identifier(register.register), sql.SQL(rule.applies or "true")
            ),
            (upload_id,),
        ).fetchone()
        _copy_warnings(
            connection,
            upload_id,
            register.register,
            (
                (sheet, row_number, rule.rule_id, rule.column, value, rule.sentence.format(value=value))
                for _, sheet, row_number, value in failed
            ),
        )
        connection.execute(
            "insert into quality.check_result values (%s, %s, %s, %s, %s, %s)",
            (upload_id, register.register, rule.rule_id, rule.severity, checked[0], len(failed)),
        )
        warned |= {position for position, *_ in failed}
    return warned
