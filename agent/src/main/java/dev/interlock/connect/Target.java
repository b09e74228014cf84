package dev.interlock.connect;

import java.nio.file.Path;
import java.util.List;

/** A settings file and its target content. */
sealed interface Target {

    Path file();

    /**
     * Members of a file that may contain others.
     *
     * @param comments whether its program accepts comments
     * @param rivals settings that would lead the agent past the gateway
     */
    record InJson(Path file, boolean comments, List<Member> members, List<Rival> rivals) implements Target {
        public InJson {
            members = List.copyOf(members);
            rivals = List.copyOf(rivals);
        }
    }

    /** A file with exactly this content: it does not exist yet, or it is ours. */
    record Own(Path file, String text) implements Target {}
}
