#!/bin/sh
# Runs Interlock as `interlock install` or the package put it here.
set -eu
lib=@LIB@
java=@JAVA@
launcher=$(readlink -f "$0")
properties="-Dinterlock.installed=true -Dinterlock.commit="@COMMIT@
[ -x "$java" ] || {
    echo "interlock: the Java that it was installed with is gone ($java); install it again" >&2
    exit 69
}
fits() {
    [ -r "$1" ]
}

@LAUNCH@

# `install` starts the training run. The processes that it starts get these flags.
if [ "${1:-}" = rehearse ]; then
    shift
    name_classes
    # shellcheck disable=SC2086 # the flags are ours
    exec "$java" $daemon $common "-Dinterlock.launcher=$launcher" $properties \
        -cp "$path" dev.interlock.cli.TrainingRun "$@" "$lib"
fi
launch "$@"
