"""flat tax rates are dated ones, and penalties of contracts"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KINDS = "'small_order', 'fuel', 'hazmat', 'payment_method'"
# A flat rate counted where no dated one did: it is the same place's rate from before all others, until the first.
# Where a dated one has ended without a successor, the flat one counted again: so it does from that day.
DATED = """
INSERT INTO jurisdiction_rates (id, tax_class, country, region, rate_ppm, inclusive, valid_from, valid_to)
SELECT gen_random_uuid(), f.tax_class, f.country, f.region, f.rate_ppm, f.inclusive, since.day,
       (SELECT min(d.valid_from) FROM jurisdiction_rates d
         WHERE (d.tax_class, d.country, d.region, d.postal_prefix) = (f.tax_class, f.country, f.region, '')
           AND d.valid_from > since.day)
  FROM tax_rates f,
       LATERAL (SELECT date '0001-01-01' AS day
                UNION
                SELECT d.valid_to FROM jurisdiction_rates d
                 WHERE (d.tax_class, d.country, d.region, d.postal_prefix) = (f.tax_class, f.country, f.region, '')
                   AND d.valid_to IS NOT NULL) since
 WHERE NOT EXISTS (SELECT 1 FROM jurisdiction_rates d
         WHERE (d.tax_class, d.country, d.region, d.postal_prefix) = (f.tax_class, f.country, f.region, '')
           AND d.valid_from <= since.day AND (d.valid_to IS NULL OR d.valid_to > since.day))
ON CONFLICT ON CONSTRAINT uq_jurisdiction_rates DO UPDATE
   SET rate_ppm = excluded.rate_ppm, inclusive = excluded.inclusive, valid_to = excluded.valid_to
"""
FLAT = """
INSERT INTO tax_rates (tax_class, country, region, rate_ppm, inclusive)
SELECT tax_class, country, region, rate_ppm, inclusive FROM jurisdiction_rates
 WHERE valid_from = '0001-01-01' AND postal_prefix = ''
"""


def upgrade() -> None:
    op.execute(DATED)
    op.drop_table("tax_rates")
    op.add_column("fee_rules", sa.Column("below_units", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "fee_rules", sa.Column("customers", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    _checks(f"{KINDS}, 'contract_penalty'", "and below >= 0 and below_units >= 0")
    op.create_check_constraint(
        op.f("ck_fee_rules_contract"), "fee_rules", "kind <> 'contract_penalty' or customers <> '{}'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_fee_rules_contract"), "fee_rules", type_="check")
    op.execute("DELETE FROM fee_rules WHERE kind = 'contract_penalty'")
    _checks(KINDS, "and below >= 0")
    op.drop_column("fee_rules", "customers")
    op.drop_column("fee_rules", "below_units")
    op.create_table(
        "tax_rates",
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="*", nullable=False),
        sa.Column("region", sa.Text(), server_default="*", nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("inclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("rate_ppm between 0 and 1000000", name=op.f("ck_tax_rates_rate")),
        sa.PrimaryKeyConstraint("tax_class", "country", "region", name=op.f("pk_tax_rates")),
    )
    op.execute(FLAT)
    op.execute("DELETE FROM jurisdiction_rates WHERE valid_from = '0001-01-01'")


def _checks(kinds: str, amounts: str) -> None:
    op.drop_constraint(op.f("ck_fee_rules_feekind"), "fee_rules", type_="check")
    op.create_check_constraint(op.f("ck_fee_rules_feekind"), "fee_rules", f"kind in ({kinds})")
    op.drop_constraint(op.f("ck_fee_rules_amounts"), "fee_rules", type_="check")
    op.create_check_constraint(
        op.f("ck_fee_rules_amounts"), "fee_rules", f"ppm between 0 and 1000000 and amount >= 0 {amounts}"
    )
