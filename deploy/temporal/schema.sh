#!/bin/sh
# Bring Temporal's two databases to the schema of this version. Harmless when repeated; an upgrade of the
# server runs it first. Address, user, password and plugin come from SQL_HOST, SQL_USER, SQL_PASSWORD, SQL_PLUGIN.
set -eu
versions=/etc/temporal/schema/postgresql/v12

bring() {
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-dir "$versions/$2/versioned"
}

bring temporal temporal
bring temporal_visibility visibility
