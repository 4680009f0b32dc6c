#!/bin/sh
# Run once, by the image, on an empty data folder: Temporal's own role and its two databases beside ours.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$TEMPORAL_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL
