package dev.interlock.adopt;

import dev.interlock.action.Plain;
import java.nio.file.Path;

/** Where a credential was seen. */
public sealed interface Where {

    /**
     * In a file that stands there now.
     *
     * @param line counted from 1
     * @param offset of its first byte
     */
    record InFile(Path file, long line, long offset) implements Where {
        @Override
        public String shown() {
            return Where.visible(file.toString()) + ":" + line;
        }
    }

    /**
     * In what git keeps, whether or not any branch still leads there. Taking it out of a file does not take it out of
     * here: it is burnt.
     *
     * @param object git's name of the blob, commit or tag
     * @param origin where it came in; unknown if no commit leads there any more
     */
    record InHistory(String object, long line, Origin origin) implements Where {
        @Override
        public String shown() {
            return switch (origin) {
                case Origin.Committed(String commit, String day, String path) ->
                    "git history: " + Where.visible(path) + ":" + line + " in " + commit.substring(0, SHORT) + " of "
                            + day;
                case Origin.Unreachable _ -> "git history: object " + object.substring(0, SHORT) + ", on no branch";
            };
        }
    }

    /** What led to an object of git. */
    sealed interface Origin {
        record Committed(String commit, String day, String path) implements Origin {}

        record Unreachable() implements Origin {}
    }

    /** In a variable that an agent would inherit. */
    record InEnvironment(String name) implements Where {
        @Override
        public String shown() {
            return "environment: " + Where.visible(name);
        }
    }

    /** As many characters of git's names as people read. */
    int SHORT = 10;

    /** In words, without the credential. */
    String shown();

    /**
     * {@code name} on one line, with nothing that a terminal obeys: whoever names a file could otherwise wipe out what
     * is said about it.
     */
    static String visible(String name) {
        return Plain.line(name);
    }
}
