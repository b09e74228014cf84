#!/bin/sh
# Runs Interlock as `interlock install` copied it here.
set -eu
lib=@LIB@
java=@JAVA@
[ -x "$java" ] || {
    echo "interlock: the JDK that it was installed with is gone ($java); run \`install\` again from the checkout" >&2
    exit 69
}
# Commands are short-lived: a quick start matters more than peak speed. The daemon is not.
main=dev.interlock.Main
case "${1:-}" in
    up) flags="-Xmx256m -XX:+ExitOnOutOfMemoryError" ;;
    # What only opens credentials stays small, and takes no code from outside.
    keys)
        flags="-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash"
        main=dev.interlock.KeysMain
        ;;
    *) flags="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m" ;;
esac
# shellcheck disable=SC2086 # the flags are ours
exec "$java" $flags -Xshare:auto --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -Dinterlock.launcher="$(readlink -f "$0")" -Dinterlock.installed=true \
    -cp "$lib/classes:$lib/*" "$main" "$@"
