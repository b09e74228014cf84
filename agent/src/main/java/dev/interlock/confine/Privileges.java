package dev.interlock.confine;

import java.io.IOException;
import java.util.List;

/** Drops to the agent's user before bubblewrap starts: in a user namespace alone, it could still read root's files. */
final class Privileges {

    private Privileges() {}

    /**
     * Returns the beginning of a command that runs the rest as {@code uid}, without a way back; empty if it already
     * does.
     */
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
