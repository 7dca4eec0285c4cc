"""Alembic's environment: migrations run in one transaction, under the role that owns the warehouse."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from entas.discretion import DiscreetConnection

config = context.config


def run() -> None:
    owner, role = config.attributes["owner"], config.attributes["role"]
    engine = create_engine(
        "postgresql+psycopg://",
        hide_parameters=True,
        creator=lambda: DiscreetConnection.connect(owner),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        if role:
            connection.execute(text(f'set local role "{role}"'))
        connection.execute(text("create schema if not exists raw"))
        context.configure(
            connection=connection,
            version_table="entas_version",
            version_table_schema="raw",
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        context.run_migrations()


run()
