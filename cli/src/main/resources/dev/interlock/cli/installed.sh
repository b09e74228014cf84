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
        [ ! -r "$cache" ] || aot=-XX:AOTCache=$cache
        if [ -r "$lib/native/libsqlitejdbc.so" ]; then # copied there last
            native=$lib/native
            export CEDAR_JAVA_FFI_LIB="$native/libcedar_java_ffi.so"
        fi
        ;;
    # Run by `install`: links the classes of a start in advance (JEP 483). It stores no profiles: methods that the first
    # compiler alone compiled in a rehearsal would never reach the second, and load would take twice as long.
    rehearse)
        flags="$daemon -XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining"
        aot=-XX:AOTCacheOutput=$cache
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
