package dev.interlock.action;

import java.util.List;
import java.util.OptionalInt;

/**
 * One ref that a push by Git creates, moves or deletes, with all that the gateway has found out about it.
 *
 * @param change what the push does
 * @param name the whole name, as {@code refs/heads/main}
 * @param sha the object that the ref names afterwards; for a deletion, the one that it named before
 * @param isForced whether a move is no fast-forward, or that is not known
 * @param isDefault whether it is the branch that a clone checks out
 * @param brings where the commits come from
 * @param paths the files that differ afterwards; empty for a deletion
 * @param lost the number of commits that no ref would hold any more; empty if that is not known
 * @param history whose the lost commits are, and how old
 */
public record PushedRef(
        Change change,
        String name,
        String sha,
        boolean isForced,
        boolean isDefault,
        Origin brings,
        List<String> paths,
        OptionalInt lost,
        LostHistory history) {

    private static final String REFS = "refs/";

    /** The kinds of changes. */
    public enum Change {
        CREATE,
        UPDATE,
        DELETE
    }

    /** Where the commits of a ref come from. */
    public enum Origin {
        /** They come with the push, or another branch or tag has them already. */
        READ("read"),
        /** No branch and no tag of the server has some of them, and the push does not bring them. */
        UNKNOWN("unknown");

        private final String word;

        Origin(String word) {
            this.word = word;
        }

        /** Returns the word for conditions of a catalog. */
        public String word() {
            return word;
        }
    }

    /**
     * The commits that would be lost.
     *
     * @param authors their authors, as the commits say
     * @param written from when to when they were written, as the commits say; empty if there are none
     */
    public record LostHistory(List<String> authors, String written) {

        /** Nothing is lost, or nobody knows. */
        public static final LostHistory NONE = new LostHistory(List.of(), "");

        public LostHistory {
            authors = List.copyOf(authors);
        }
    }

    public PushedRef {
        paths = List.copyOf(paths);
    }

    /** Returns the name as paths of REST have it: {@code heads/main}. */
    public String shortName() {
        return name.startsWith(REFS) ? name.substring(REFS.length()) : name;
    }
}
