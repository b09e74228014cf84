package dev.interlock.connect;

import java.nio.file.Path;
import java.util.List;

/** A file, and what it is to say. */
sealed interface Target {

    Path file();

    /**
     * Members of a file that may say more.
     *
     * @param comments whether its program passes comments over
     * @param rivals what would lead the agent past the gateway
     */
    record InJson(Path file, boolean comments, List<Member> members, List<Rival> rivals) implements Target {
        public InJson {
            members = List.copyOf(members);
            rivals = List.copyOf(rivals);
        }
    }

    /** A file that says this and nothing else: there is none yet, or it is ours. */
    record Own(Path file, String text) implements Target {}
}
