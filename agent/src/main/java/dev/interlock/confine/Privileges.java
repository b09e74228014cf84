package dev.interlock.confine;

import java.io.IOException;
import java.util.List;

/**
 * Drops to the agent's user. This happens before bubblewrap starts. In a user namespace alone, the agent could still
 * read root's files, although it sees another user number.
 */
final class Privileges {

    private Privileges() {}

    /**
     * Returns the beginning of a command that runs the rest as {@code uid} and can never gain more; empty if it already
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
