"""Rights: nobody has any by being able to connect."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter default privileges revoke execute on functions from public")
