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
 */
record DrillUsers(boolean separate, int agent, int gateway, int provider) {

    static DrillUsers ofThisProcess() throws IOException {
        int own = FileAccess.self();
        int agent = SandboxLauncher.DEFAULT_AGENT_UID;
        return own == 0 ? new DrillUsers(true, agent, agent + 1, agent + 2) : new DrillUsers(false, own, own, own);
    }

    /** Returns {@code command}, run as {@code uid} and unable to become anybody else. */
    List<String> as(int uid, List<String> command) {
        List<String> all = new ArrayList<>();
        if (separate) {
            all.addAll(List.of("/usr/bin/setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups"));
            all.addAll(List.of("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"));
        }
        all.addAll(command);
        return all;
    }

    void give(Path path, int uid) throws IOException {
        if (separate) {
            DirectoryTrees.give(path, uid);
        }
    }

    String separation() {
        return separate ? "agent " + agent + " · gateway " + gateway + " · provider " + provider : "none";
    }
}
