package dev.interlock.action;

import dev.interlock.evidence.Keyword;
import java.util.List;
import java.util.OptionalInt;

/**
 * One ref that a push by Git creates, moves or deletes, with all that the gateway has found out about it.
 *
 * @param name the whole name, as {@code refs/heads/main}
 * @param sha the object that the ref names afterwards; for a deletion, the one that it named before
 * @param isForced whether a move is no fast-forward, or that is not known
 * @param isDefault whether it is the branch that a clone checks out
 * @param files the files that change; none for a deletion
 * @param lost the number of commits that no ref would hold any more; empty if that is not known
 */
public record PushedRef(
        Change change,
        String name,
        String sha,
        boolean isForced,
        boolean isDefault,
        Origin brings,
        ChangedFiles files,
        OptionalInt lost,
        LostHistory history) {

    /** What the whole name of each ref begins with. */
    public static final String REFS = "refs/";

    public enum Change {
        CREATE,
        UPDATE,
        DELETE
    }

    /** Where the commits of a ref come from. */
    public enum Origin implements Keyword {
        /** They come with the push, or another branch or tag has them already. */
        READ,
        /** No branch and no tag of the server has some of them, and the push does not bring them. */
        UNKNOWN
    }

    /**
     * The files that change, and the commits that change them.
     *
     * @param commits the number of commits that the ref gains; empty if that is not known
     * @param brought those that differ, in a commit that comes with the push, from all parents of that commit
     * @param all these, and those that differ between both ends of a move. They may be others' work, as of a branch
     *     that was merged
     * @param installing those brought manifests that run something new when a package is installed
     * @param messages what the commits that come with the push say
     * @param newest the newest commits that the ref gains, each in a line for people
     * @param diff how the files change that machines run, in lines for people; empty if none does
     */
    public record ChangedFiles(
            OptionalInt commits,
            List<String> brought,
            List<String> all,
            List<String> installing,
            List<String> messages,
            List<String> newest,
            String diff) {

        public static final ChangedFiles NONE = new ChangedFiles(OptionalInt.of(0), List.of(), List.of(), List.of());

        /** Nobody knows what changes. */
        public static final ChangedFiles UNKNOWN =
                new ChangedFiles(OptionalInt.empty(), List.of(), List.of(), List.of());

        public ChangedFiles {
            brought = List.copyOf(brought);
            all = List.copyOf(all);
            installing = List.copyOf(installing);
            messages = List.copyOf(messages);
            newest = List.copyOf(newest);
        }

        /** Creates files of commits that say nothing. */
        public ChangedFiles(OptionalInt commits, List<String> brought, List<String> all, List<String> installing) {
            this(commits, brought, all, installing, List.of(), List.of(), "");
        }
    }

    /**
     * The commits that would be lost.
     *
     * @param others the authors of those that did not come by this gateway from the agent that pushes now
     * @param written from when to when they were written, as the commits say; empty if there are none
     */
    public record LostHistory(List<String> authors, List<String> others, String written) {

        /** Nothing is lost, or nobody knows. */
        public static final LostHistory NONE = new LostHistory(List.of(), List.of(), "");

        public LostHistory {
            authors = List.copyOf(authors);
            others = List.copyOf(others);
        }
    }

    /** Returns the name as paths of REST have it: {@code heads/main}. */
    public String shortName() {
        return name.startsWith(REFS) ? name.substring(REFS.length()) : name;
    }
}
