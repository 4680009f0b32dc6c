"""Rates that had no dates are dated ones now, and count where and when they counted before."""

from datetime import date

import sqlalchemy as sa
from alembic import command

from orderwright.persistence import migrate

FLAT = """
INSERT INTO tax_rates (tax_class, country, region, rate_ppm, inclusive) VALUES
  ('wine', 'IT', '*', 220000, true), ('wine', 'ES', '*', 210000, true), ('wine', 'PT', '*', 230000, true)
"""
DATED = """
INSERT INTO jurisdiction_rates
  (id, tax_class, country, region, rate_ppm, inclusive, valid_from, valid_to) VALUES
  (gen_random_uuid(), 'wine', 'ES', '*', 100000, true, '2026-01-01', NULL),
  (gen_random_uuid(), 'wine', 'PT', '*', 130000, true, '2026-01-01', '2026-07-01')
"""
ALL = """
SELECT country, rate_ppm, valid_from, valid_to FROM jurisdiction_rates WHERE tax_class = 'wine'
 ORDER BY country, valid_from
"""
ALWAYS, JANUARY, JULY = date(1, 1, 1), date(2026, 1, 1), date(2026, 7, 1)


def test_a_flat_rate_counts_before_between_and_after_the_dated_ones(database_url: str) -> None:
    config, engine = migrate.config(database_url), sa.create_engine(database_url)
    command.downgrade(config, "0012")
    command.downgrade(config, "-1")
    with engine.begin() as connection:
        connection.execute(sa.text(FLAT))
        connection.execute(sa.text(DATED))

    command.upgrade(config, "head")

    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(ALL))]
    engine.dispose()
    assert found == [
        ("ES", 210_000, ALWAYS, JANUARY), ("ES", 100_000, JANUARY, None), ("IT", 220_000, ALWAYS, None),
        ("PT", 230_000, ALWAYS, JANUARY), ("PT", 130_000, JANUARY, JULY), ("PT", 230_000, JULY, None),
    ]  # fmt: skip
