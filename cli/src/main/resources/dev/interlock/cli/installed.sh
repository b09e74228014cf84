#!/bin/sh
# Runs Interlock as `interlock install` copied it here.
set -eu
lib=@LIB@
java=@JAVA@
[ -x "$java" ] || {
    echo "interlock: the JDK that it was installed with is gone ($java); run \`install\` again from the checkout" >&2
    exit 69
}
# Always in the same order: what was learned of one class path does not hold for another.
path=$lib/classes
[ -d "$path" ] || path=
for library in "$lib"/*.jar; do
    path=${path:+$path:}$library
done
cache=$lib/interlock.aot
main=dev.interlock.cli.Main
aot=
native=
# Without memory, no thread is reliable: the process ends, and its supervisor starts it again. The heap shrinks between
# calls.
daemon="-Xmx256m -Xms40m -Xmn24m -XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -XX:+ExitOnOutOfMemoryError -Djdk.nio.maxCachedBufferSize=262144"
# Commands are short-lived: a quick start matters more than peak speed. The daemon is not.
case "${1:-}" in
    up)
        flags="$daemon -Xlog:aot=off -Xlog:cds=off" # an unusable cache is ignored, and the start takes longer
        # The gateway's jar names the libraries that it may see. Help and completion are the commands' own.
        help=
        for word in "$@"; do
            case $word in -h | --help | -V | --version) help=yes ;; esac
        done
        if [ -z "$help" ]; then
            main=dev.interlock.daemon.GatewayMain
            for own in "$lib"/interlock-gateway-*.jar; do
                [ ! -e "$own" ] || path=$own
            done
        fi
        [ ! -r "$cache" ] || aot=-XX:AOTCache=$cache
        if [ -r "$lib/native/libsqlitejdbc.so" ]; then # copied there last
            native=$lib/native
            export CEDAR_JAVA_FFI_LIB="$native/libcedar_java_ffi.so"
        fi
        ;;
    # Run by `install`: links the classes of a start in advance (JEP 483). The processes that it starts get these flags.
    rehearse)
        flags=$daemon
        main=dev.interlock.cli.TrainingRun
        shift
        set -- "$@" "$lib"
        ;;
    # What only opens credentials stays small, and takes no code from elsewhere than where the program lies.
    keys)
        flags="-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash -Xlog:aot=off -Xlog:cds=off"
        [ ! -r "$lib/keys.aot" ] || aot=-XX:AOTCache=$lib/keys.aot
        main=dev.interlock.keys.KeysMain
        for own in "$lib"/interlock-keys-*.jar; do
            [ ! -e "$own" ] || path=$own # its manifest names the libraries that it may see
        done
        ;;
    *)
        flags="-XX:+UseSerialGC -Xlog:aot=off -Xlog:cds=off"
        case "${1:-}" in
            # Gigabytes pass through, to storage in parts that lie in memory until it has them; and only the second
            # compiler knows the processor's own AES.
            backup | recover) flags="$flags -Xmx512m" ;;
            *) flags="$flags -Xmx256m -XX:TieredStopAtLevel=1" ;;
        esac
        [ ! -r "$lib/commands.aot" ] || aot=-XX:AOTCache=$lib/commands.aot
        ;;
esac
# shellcheck disable=SC2086 # the flags are ours
exec "$java" $flags ${aot:+"$aot"} --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    ${native:+"-Dorg.sqlite.lib.path=$native" -Dorg.sqlite.lib.name=libsqlitejdbc.so} \
    -Dinterlock.launcher="$(readlink -f "$0")" -Dinterlock.installed=true \
    -cp "$path" "$main" "$@"
