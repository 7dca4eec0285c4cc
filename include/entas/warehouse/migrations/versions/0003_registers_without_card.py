"""Registers that know a family by its head's NIK, aid without amount or date."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
