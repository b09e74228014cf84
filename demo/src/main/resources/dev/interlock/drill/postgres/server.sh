#!/bin/sh
# server.sh PROGRAMS DIRECTORY PORT: a PostgreSQL server with the drill's databases, until whoever started it ends it. It
# reads two passwords, of the owner of everything and of the applications' role, and says `ready` once all is there.
set -eu
PATH=$1:/usr/bin:/bin
directory=$2 port=$3
read -r owner
read -r application
umask 077
printf '%s\n' "$owner" >"$directory/password"
initdb --pgdata="$directory/data" --username=owner --auth=scram-sha-256 --pwfile="$directory/password" --no-sync \
    --encoding=UTF8 --locale=C >"$directory/log"
rm "$directory/password"
postgres -D "$directory/data" -k "$directory" -p "$port" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c dynamic_shared_memory_type=mmap >>"$directory/log" 2>&1 &
export PGHOST="$directory" PGPORT="$port" PGUSER=owner PGPASSWORD="$owner" PGDATABASE=postgres
until pg_isready -q; do
    kill -0 $!
    sleep 0.1
done
psql -Xq -v ON_ERROR_STOP=1 >>"$directory/log" 2>&1 <<SQL
CREATE ROLE app LOGIN PASSWORD '$application';
CREATE DATABASE control OWNER app;
CREATE DATABASE control_test OWNER app;
CREATE DATABASE shop OWNER app;
CREATE DATABASE shop_test OWNER app;
SQL
for database in control shop; do
    PGUSER=app PGPASSWORD="$application" psql -Xq -v ON_ERROR_STOP=1 -d "$database" >>"$directory/log" 2>&1 <<'SQL'
CREATE TABLE companies (id int PRIMARY KEY, name text);
CREATE TABLE executives (id int PRIMARY KEY, company int REFERENCES companies ON DELETE CASCADE, name text);
INSERT INTO companies SELECT i, 'company ' || i FROM generate_series(1, 1196) i;
INSERT INTO executives SELECT i, i % 1196 + 1, 'executive ' || i FROM generate_series(1, 1206) i;
SQL
done
echo ready
wait
