#!/bin/sh
# Roles of the records: the owner of the tables, who migrates; the application, whom row-level security binds; and the group that it belongs to.
# Run once by the image, as PostgreSQL's superuser, before anybody may connect. SECRETS is where the passwords lie.
set -eu
: "${SECRETS:=/run/secrets}"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set owner="$(cat "$SECRETS/records_owner_password")" --set app="$(cat "$SECRETS/records_password")" <<'SQL'
CREATE ROLE ringfence_app NOLOGIN;
CREATE ROLE ringfence_owner LOGIN PASSWORD :'owner';
CREATE ROLE ringfence LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'app';
GRANT ringfence_app TO ringfence, ringfence_owner;
CREATE DATABASE ringfence OWNER ringfence_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
SQL
