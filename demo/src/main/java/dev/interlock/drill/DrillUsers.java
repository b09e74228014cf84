package dev.interlock.drill;

import dev.interlock.confine.SandboxLauncher;
import dev.interlock.linux.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The users of the processes. As root, each side gets a user number of its own, without an account. As another user,
 * everything runs as that user, and the page says {@code separation: none}.
 *
 * @param separate whether the numbers differ
 * @param agent the agent's
 * @param gateway the gateway's
 * @param provider the upstream's
 */
record DrillUsers(boolean separate, int agent, int gateway, int provider) {

    private static final int GATEWAY = SandboxLauncher.DEFAULT_AGENT_UID + 1;
    private static final int PROVIDER = SandboxLauncher.DEFAULT_AGENT_UID + 2;

    static DrillUsers ofThisProcess() throws IOException {
        int own = FileAccess.self();
        return own == 0
                ? new DrillUsers(true, SandboxLauncher.DEFAULT_AGENT_UID, GATEWAY, PROVIDER)
                : new DrillUsers(false, own, own, own);
    }

    /** Returns {@code command}, run as {@code uid} and unable to become anybody else. */
    List<String> as(int uid, List<String> command) {
        List<String> all = new ArrayList<>();
        if (separate) {
            all.addAll(List.of(
                    "/usr/bin/setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups", "--no-new-privs"));
            all.addAll(List.of("--inh-caps=-all", "--bounding-set=-all", "--"));
        }
        all.addAll(command);
        return all;
    }

    /** Gives {@code path} and everything below it to {@code uid}. */
    void give(Path path, int uid) throws IOException {
        if (separate) {
            DirectoryTrees.give(path, uid);
        }
    }

    /** Returns a sentence for the page. */
    String separation() {
        return separate ? "agent " + agent + " · gateway " + gateway + " · provider " + provider : "none";
    }
}
