#!/bin/sh
# server.sh DIRECTORY PORT: a PostgreSQL server with the drill's databases, until its input ends. It reads two passwords,
# of the owner of everything and of the applications' role, and says `ready` once all is there, or what is missing. Then
# it reads names of databases, and says for each how many rows its tables have.
set -eu
directory=$1 port=$2
read -r owner
read -r application
umask 077
for programs in $(ls -rd /usr/lib/postgresql/*/bin 2>/dev/null); do
    PATH=$PATH:$programs
done
if ! command -v initdb >/dev/null || ! command -v psql >/dev/null; then
    echo 'this story starts and ends a PostgreSQL server of its own, and none is installed: apt-get install postgresql'
    exit 1
fi
exec 2>"$directory/log"
printf '%s\n' "$owner" >"$directory/password"
initdb --pgdata="$directory/data" --username=owner --auth=scram-sha-256 --pwfile="$directory/password" --no-sync \
    --encoding=UTF8 --locale=C >&2
rm "$directory/password"
postgres -D "$directory/data" -k "$directory" -p "$port" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c dynamic_shared_memory_type=mmap >&2 &
export PGHOST="$directory" PGPORT="$port" PGUSER=owner PGPASSWORD="$owner" PGDATABASE=postgres
until pg_isready -q; do
    kill -0 $!
    sleep 0.1
done
psql -Xq -v ON_ERROR_STOP=1 >&2 <<SQL
CREATE ROLE app LOGIN PASSWORD '$application';
CREATE DATABASE control OWNER app;
CREATE DATABASE control_test OWNER app;
CREATE DATABASE shop OWNER app;
CREATE DATABASE shop_test OWNER app;
SQL
for database in control shop; do
    PGUSER=app PGPASSWORD="$application" psql -Xq -v ON_ERROR_STOP=1 -d "$database" >&2 <<'SQL'
CREATE TABLE companies (id int PRIMARY KEY, name text);
CREATE TABLE executives (id int PRIMARY KEY, company int REFERENCES companies ON DELETE CASCADE, name text);
INSERT INTO companies SELECT i, 'company ' || i FROM generate_series(1, 1196) i;
INSERT INTO executives SELECT i, i % 1196 + 1, 'executive ' || i FROM generate_series(1, 1206) i;
SQL
done
echo ready
while read -r database; do
    psql -XAtq -d "$database" <<'SQL'
SELECT coalesce(string_agg((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I',
    table_schema, table_name), false, true, '')))[1] || ' ' || table_name, ', ' ORDER BY table_name), 'no tables')
FROM information_schema.tables WHERE table_schema = 'public';
SQL
done
kill $!
wait
