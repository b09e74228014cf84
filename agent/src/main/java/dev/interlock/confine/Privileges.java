package dev.interlock.confine;

import java.io.IOException;
import java.util.List;

/**
 * Becoming the agent's user. It happens before bubblewrap starts: inside a user namespace alone, files of a launcher
 * that is root stay readable whatever number the agent sees.
 */
final class Privileges {

    private Privileges() {}

    /** What to put before a command so that it runs as {@code uid} and can never be more; empty if it already does. */
    static List<String> dropping(int uid) throws IOException {
        if (Host.uid() != 0) {
            return List.of();
        }
        return List.of(
                Host.program("setpriv").map(Object::toString).orElse("/usr/bin/setpriv"),
                "--reuid=" + uid,
                "--regid=" + uid,
                "--clear-groups",
                "--no-new-privs",
                "--inh-caps=-all",
                "--bounding-set=-all",
                "--");
    }
}
