package dev.interlock.connect;

import dev.interlock.agents.ConnectedFile;
import java.nio.file.Path;
import java.util.List;

/** A settings file and its target content. */
sealed interface SettingsTarget {

    Path file();

    /**
     * Members of a file that may contain others.
     *
     * @param comments whether its program accepts comments
     * @param rivals settings that would lead the agent past the gateway
     */
    record JsonTarget(Path file, boolean comments, List<SettingMember> members, List<ConnectedFile.Rival> rivals)
            implements SettingsTarget {
        public JsonTarget {
            members = List.copyOf(members);
            rivals = List.copyOf(rivals);
        }
    }

    /** A file with exactly this content: it does not exist yet, or it is ours. */
    record WholeFileTarget(Path file, String text) implements SettingsTarget {}
}
