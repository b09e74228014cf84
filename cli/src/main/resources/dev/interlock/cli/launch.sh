# Starts each command. The launcher of a checkout sources this, and that of an installed copy contains it.
#
# It needs `lib` (the directory of the jars), `java`, `launcher`, `properties` (further options), and `fits FILE`: whether
# that file was made from these jars.

cache=$lib/interlock.aot
common="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
# Out of memory, no thread can be relied on: better gone, and started again by whoever supervises it. Between calls the
# heap shrinks again.
daemon="-Xmx256m -Xms40m -Xmn24m -XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -XX:+ExitOnOutOfMemoryError -Djdk.nio.maxCachedBufferSize=262144"
# What starts need: classes read and linked beforehand (JEP 483), for the gateway and for the keys process, and native
# code. What was hot is not kept: methods that a rehearsal saw in the first compiler alone never reach the second, and a
# load takes twice as long.
learns="-XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining"

# Always in the same order: what was learned of one class path does not hold for another.
name_classes() {
    path=$lib/classes
    [ -d "$path" ] || path=
    for library in "$lib"/*.jar; do
        path=${path:+$path:}$library
    done
}

launch() {
    name_classes
    learned=
    native=
    # Commands are short-lived: a quick start matters more than peak speed. The daemon is not.
    main=dev.interlock.cli.Main
    case "${1:-}" in
        up)
            flags="$daemon -Xlog:aot=off -Xlog:cds=off" # what does not fit is not used, and a start takes longer
            ! fits "$cache" || learned=-XX:AOTCache=$cache
            if fits "$lib/native/libsqlitejdbc.so"; then # laid there last
                native=$lib/native
                export CEDAR_JAVA_FFI_LIB="$native/libcedar_java_ffi.so"
            fi
            ;;
        # What only opens credentials stays small, and takes no code from elsewhere than where the program lies.
        keys)
            flags="-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash -Xlog:aot=off -Xlog:cds=off"
            ! fits "$lib/keys.aot" || learned=-XX:AOTCache=$lib/keys.aot
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
            ! fits "$lib/commands.aot" || learned=-XX:AOTCache=$lib/commands.aot
            ;;
    esac
    # shellcheck disable=SC2086 # the flags are ours
    exec "$java" $flags $common ${learned:+"$learned"} \
        ${native:+"-Dorg.sqlite.lib.path=$native" -Dorg.sqlite.lib.name=libsqlitejdbc.so} \
        "-Dinterlock.launcher=$launcher" $properties -cp "$path" "$main" "$@"
}
