# Starts each command. The launcher of a checkout sources this, and that of an installed copy contains it.
#
# It needs `lib` (the directory of the jars), `java`, `launcher`, `properties` (further options), and `fits FILE`, which
# succeeds if that file was made from these jars.

# The caches lie beside the program: a user who can write them can write the program.
cache=$lib/interlock.aot
common="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
# Without memory, no thread is reliable: the process ends, and its supervisor starts it again. When no call comes for a minute,
# the heap shrinks, in one step, and what the C library keeps goes back. Credentials pass through it: nobody attaches to it, and it
# leaves no memory on a disk. The young generation holds the receipts of a full load until they are published: a full
# collection stops all calls for a tenth of a second. Calls run on the event loops of their connections, which java.lang has to permit.
daemon="-XX:-UsePerfData -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash -Xmx256m -Xms60m -Xmn40m -XX:SurvivorRatio=3 -XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -XX:-ShrinkHeapInSteps -XX:TrimNativeHeapInterval=5000 -XX:+ExitOnOutOfMemoryError -Djdk.nio.maxCachedBufferSize=262144 --add-opens=java.base/java.lang=ALL-UNNAMED"

# The order is always the same: a cache fits one class path only.
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
            flags="$daemon -Xlog:disable" # an unusable cache is ignored, and the start takes longer
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
            ! fits "$cache" || learned=-XX:AOTCache=$cache
            if fits "$lib/native/libsqlitejdbc.so"; then # copied there last
                native=$lib/native
                export CEDAR_JAVA_FFI_LIB="$native/libcedar_java_ffi.so"
            fi
            ;;
        # What only opens credentials stays small, and takes no code from elsewhere than where the program lies.
        keys)
            flags="-Xmx32m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:TrimNativeHeapInterval=5000 -XX:-UsePerfData -XX:+DisableAttachMechanism -XX:-CreateCoredumpOnCrash -Xlog:disable"
            ! fits "$lib/keys.aot" || learned=-XX:AOTCache=$lib/keys.aot
            main=dev.interlock.keys.KeysMain
            for own in "$lib"/interlock-keys-*.jar; do
                [ ! -e "$own" ] || path=$own # its manifest names the libraries that it may see
            done
            ;;
        *)
            flags="-XX:+UseSerialGC -Xlog:disable"
            # Others never load the demo. `setup` of a checkout copies the class path.
            case "${1:-}" in
                demo | setup) path=$path:$lib/demo/* ;;
            esac
            case "${1:-}" in
                # A proof has a digest of every file in memory, and only the second compiler is fast at making them.
                backup) flags="$flags -Xmx512m" ;;
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
