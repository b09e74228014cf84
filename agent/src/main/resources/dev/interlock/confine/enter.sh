# Runs outside, before any privilege is dropped: opens what the sandbox is to be given, removes it from the disk, and
# becomes the command that follows. What lies in files here would otherwise stand on a command line, which everybody on
# the host may read.
set -eu
given=$1
shift
exec 3<"$given/arguments" 4<"$given/lease" 5<"$given/start" 6<"$given/filter" \
    7<"$given/passwd" 8<"$given/group" 9<"$given/hosts"
rm -r -- "$given"
exec "$@"
