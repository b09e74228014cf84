package dev.interlock.adopt;

import dev.interlock.action.VisibleText;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

public sealed interface CredentialPlace {

    /** In a present file: at the byte {@code offset}, in the line {@code line}, counted from 1. */
    record FilePlace(Path file, long line, long offset) implements CredentialPlace {
        @Override
        public String shown() {
            return CredentialPlace.visible(file.toString()) + ":" + line;
        }
    }

    /**
     * In git's data, whether or not any branch still leads there. Removing it from a file does not remove it from here,
     * so it must be renewed. {@code object} is git's name.
     */
    record HistoryPlace(String object, long line, CommitOrigin origin) implements CredentialPlace {
        @Override
        public String shown() {
            return switch (origin) {
                case CommitOrigin.KnownCommit(String commit, String day, String path) ->
                    "git history: " + CredentialPlace.visible(path) + ":" + line + " in " + commit.substring(0, SHORT)
                            + " of " + day;
                case CommitOrigin.UnreachableObject _ ->
                    "git history: object " + object.substring(0, SHORT) + ", on no branch";
            };
        }
    }

    sealed interface CommitOrigin {
        record KnownCommit(String commit, String day, String path) implements CommitOrigin {}

        record UnreachableObject() implements CommitOrigin {}
    }

    /** In a variable that an agent would inherit. */
    record VariablePlace(String name) implements CredentialPlace {
        @Override
        public String shown() {
            return "environment: " + CredentialPlace.visible(name);
        }
    }

    int SHORT = 10;

    /** Returns a text without the credential. */
    String shown();

    /** The author of a file's name could otherwise erase the message about it. */
    static String visible(String name) {
        return VisibleText.line(name);
    }

    /** Whether the bytes of a file's name are text in this locale, so that it can be written down and passed on. */
    static boolean isText(Path file) {
        try {
            return Path.of(file.toString()).equals(file);
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
