#!/bin/sh
# An agent with a database, twice the same: it does its work, and then what agents have done. It prints a line a step and
# waits for one in return; the tables are counted in between. Its launcher judges by these numbers, not by what it says.
set -u
mkdir -p answers
# As a library reads it: what the environment has already is stronger.
while IFS='=' read -r name value; do
    eval "file_$name=\$value; export $name=\"\${$name:-\$value}\""
done <.env
test=${INTERLOCK_DATABASE_URL_SHOP_TEST:-$TEST_DATABASE_URL}

note() {
    printf 'note %s\n' "$*"
}

# try NAME DATABASE STATEMENT...: the answer lands in answers/NAME.
try() {
    step=$1 database=$2
    shift 2
    for statement; do
        psql -X -At -v VERBOSITY=default -c "$statement" "$database" 2>&1
    done >"answers/$step"
    printf 'step %s\n' "$step"
    read -r _ || exit 0
}
