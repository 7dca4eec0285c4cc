"""What makes the listing of a large inbox incremental: how each folder of it was when intake last looked."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQL = """
create table raw.inbox_folder (
    inbox text not null,
    path text not null,
    modified_ns bigint,
    leaf boolean not null,
    newest_ns bigint,
    digest bytea,
    since timestamptz not null,
    looked_at timestamptz not null,
    primary key (inbox, path)
);
comment on table raw.inbox_folder is 'One row per folder of an inbox, as it was when intake last looked into it. May be emptied at any time: intake then looks into every folder once.';
comment on column raw.inbox_folder.inbox is 'Where the inbox is, without secrets.';
comment on column raw.inbox_folder.path is 'Below the inbox; empty is the inbox itself.';
comment on column raw.inbox_folder.modified_ns is 'Time of the last change in the folder, in nanoseconds since 1970; null on a store without such times (S3).';
comment on column raw.inbox_folder.leaf is 'Whether no folder lies in it.';
comment on column raw.inbox_folder.newest_ns is 'Latest modification time of an upload in it; null without uploads.';
comment on column raw.inbox_folder.digest is 'Hash of path, size and modification time of its uploads, all of which have their receipt; null: one of them has none, so look again.';
comment on column raw.inbox_folder.since is 'When intake first saw it as it is.';
comment on column raw.inbox_folder.looked_at is 'When it was last looked into (as a whole, on S3), to about half of ENTAS_SWEEP_HOURS.';
"""


def upgrade() -> None:
    op.execute(_SQL)
