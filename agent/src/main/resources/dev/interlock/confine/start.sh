# The first program inside: starts the relay, waits until it listens, and becomes the agent.
terminal=$1
port=$2
shift 2
# A shell without /dev/null does not even start its background jobs, and the wait below would never end.
[ -c /dev/null ] || exit 125
ready=/tmp/.interlock-ready
databases=$((port + 2))
umask 077
mkfifo "$ready" "$ready-databases"
# Each connection is a process: eighty of them take less than 10 MB, and more than that have to wait.
relay() {
    socat -d -d -t "${4:-0.5}" "$1,reuseaddr,backlog=128,fork,max-children=80" "UNIX-CONNECT:/run/interlock/$2" 2>&1 </dev/null | {
        said=
        while read -r line; do
            case $line in
            *' listening on '*)
                echo up >"$3"
                exec cat >/dev/null
                ;;
            *) said=$line ;;
            esac
        done
        echo "down: $said" >"$3"
    }
}
# Twice removed, so that the agent has no child that it did not start: some programs wait for all of theirs.
start_relay() {
    (
        (
            relay "$@" >/dev/null 2>&1
            # Whatever went wrong, the reader below must not wait for ever.
            [ ! -p "$3" ] || echo down >"$3"
        ) &
    )
}
start_relay "TCP4-LISTEN:$port,bind=127.0.0.1" place/gateway.sock "$ready"
[ -z "${INTERLOCK_DATABASES:-}" ] ||
    start_relay "TCP4-LISTEN:$databases,bind=127.0.0.1" place/postgres.sock "$ready-databases"
# Each of the person's services at both addresses of loopback, if there are both.
services=
address=
[ ! -r /proc/net/if_inet6 ] || read -r address rest </proc/net/if_inet6 || :
for each in ${INTERLOCK_SERVICES:-}; do
    services="$services $each.4"
    [ "$address" != 00000000000000000000000000000001 ] || services="$services $each.6"
done
for each in $services; do
    name=${each%%=*} listen=${each#*=}
    mkfifo "$ready.$each"
    case $each in
    *.4) start_relay "TCP4-LISTEN:${listen%.4},bind=127.0.0.1" "services/$name" "$ready.$each" 60 ;;
    *) start_relay "TCP6-LISTEN:${listen%.6},bind=[::1],ipv6only=1" "services/$name" "$ready.$each" 60 ;;
    esac
done
# `run` asks here for connections to the agent's servers: a port, and where it is.
if [ -n "${INTERLOCK_PUBLISHED:-}" ]; then
    (
        (
            socat -u UNIX-CONNECT:/run/interlock/services/0 STDOUT | while read -r port to; do
                socat -t 60 "UNIX-CONNECT:/run/interlock/services/$port" "$to" &
            done
        ) </dev/null >/dev/null 2>&1 &
    )
fi
# Nothing of the agent's runs before it was seen from outside that what is mounted here is what was to be.
[ "$(socat -u UNIX-CONNECT:/run/interlock/threshold STDOUT </dev/null 2>/dev/null)" = open ] || exit 125
read -r state <"$ready"
if [ "$state" = up ] && [ -n "${INTERLOCK_DATABASES:-}" ]; then
    read -r state <"$ready-databases"
fi
rm "$ready" "$ready-databases"
if [ "$state" != up ]; then
    echo "interlock: the relay to the gateway did not start: $state" >&2
    exit 125
fi
for each in $services; do
    read -r state <"$ready.$each"
    rm "$ready.$each"
    if [ "$state" != up ]; then
        echo "interlock: the relay to the service ${each%.?} did not start: $state" >&2
        exit 125
    fi
done
umask 022
INTERLOCK_LEASE=$(cat /run/interlock/lease)
export INTERLOCK_LEASE
# `gh` refuses to start without a token, and what it sends is the lease. `--set` may say otherwise.
export GH_TOKEN="${GH_TOKEN:-$INTERLOCK_LEASE}"
# Where Go's mirror has the modules that it has already. At its root it would fetch others, and publish them.
export GOPROXY="${GOPROXY:-https://proxy.golang.org/cached-only}"
# Clients of PostgreSQL find the databases by these. Inside, nothing is there to be encrypted for.
if [ -n "${INTERLOCK_DATABASES:-}" ]; then
    place=agent:$INTERLOCK_LEASE@127.0.0.1:$databases
    for name in $INTERLOCK_DATABASES; do
        export "INTERLOCK_DATABASE_URL_$(printf %s "$name" | tr a-z- A-Z_)=postgresql://$place/$name"
    done
    name=${INTERLOCK_DATABASES%% *}
    export PGHOST="${PGHOST:-127.0.0.1}" PGPORT="${PGPORT:-$databases}" PGUSER="${PGUSER:-agent}"
    export PGDATABASE="${PGDATABASE:-$name}" PGPASSWORD="${PGPASSWORD:-$INTERLOCK_LEASE}"
    export PGSSLMODE="${PGSSLMODE:-disable}"
    # Where Rails, Django, Prisma, Flask and Vercel's libraries look, before they read `.env`.
    for each in DATABASE_URL DIRECT_URL POSTGRES_URL POSTGRES_PRISMA_URL POSTGRES_URL_NON_POOLING \
        SQLALCHEMY_DATABASE_URI; do
        eval "export $each=\"\${$each:-postgresql://\$place/\$name}\""
    done
    # Spring's and Heroku's have no credential in the address.
    export SPRING_DATASOURCE_URL="${SPRING_DATASOURCE_URL:-jdbc:postgresql://127.0.0.1:$databases/$name}"
    export SPRING_DATASOURCE_USERNAME="${SPRING_DATASOURCE_USERNAME:-agent}"
    export SPRING_DATASOURCE_PASSWORD="${SPRING_DATASOURCE_PASSWORD:-$INTERLOCK_LEASE}"
    export JDBC_DATABASE_URL="${JDBC_DATABASE_URL:-$SPRING_DATASOURCE_URL?user=agent&password=$INTERLOCK_LEASE}"
    unset place name each
fi
# Copies, because agents replace their settings.
if [ -d /run/interlock/settings ]; then
    cp -R --no-preserve=mode /run/interlock/settings/. "$HOME" || exit 125
fi
# So that a commit has an author. What the agent or a repository sets is stronger, and stays.
if [ -n "${INTERLOCK_GITCONFIG:-}" ] && [ ! -e "$HOME/.gitconfig" ]; then
    printf '%s' "$INTERLOCK_GITCONFIG" >"$HOME/.gitconfig"
fi
if [ -n "${INTERLOCK_GIT_LFS:-}" ] && ! grep -qF 'filter "lfs"' "$HOME/.gitconfig" 2>/dev/null; then
    printf '%s' "$INTERLOCK_GIT_LFS" >>"$HOME/.gitconfig"
fi
unset INTERLOCK_GITCONFIG INTERLOCK_GIT_LFS
# Without the lease: many clients would send it only when asked, and what comes through the relay is this run's anyway.
http_proxy=http://127.0.0.1:$port
https_proxy=$http_proxy HTTP_PROXY=$http_proxy HTTPS_PROXY=$http_proxy
export http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
# Written here, because a shell can hand in at most nine open files. An agent that changes it only cuts off its Node.
rm -f "$HOME/.interlock-node.cjs" # of the run before, in a home that is kept
cat >"$HOME/.interlock-node.cjs" <<'INTERLOCK'
@NODE@
INTERLOCK
chmod 444 "$HOME/.interlock-node.cjs"
export NODE_OPTIONS="${NODE_OPTIONS:+$NODE_OPTIONS }--require=$HOME/.interlock-node.cjs"
unset state ready port databases services address rest each name listen
# Not before: what starts the agent is the system's alone.
export PATH="$INTERLOCK_PATH"
unset INTERLOCK_PATH
if ! command -v "$1" >/dev/null 2>&1 && [ ! -e "$1" ]; then
    echo "interlock: \`$1\` is not to be found inside: PATH is $PATH; \`--read\` shows a directory of yours, and adds its programs" >&2
    exit 127
fi
# Ctrl-C reaches the whole sandbox, which does not heed it; the agent is to.
if [ "$terminal" = own ]; then
    exec /usr/bin/env --default-signal=INT,QUIT -- "$@"
fi
unset terminal
exec "$@"
