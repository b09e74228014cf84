#!/bin/sh
# Runs Interlock as the package or `setup` of a checkout put it here.
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

launch "$@"
