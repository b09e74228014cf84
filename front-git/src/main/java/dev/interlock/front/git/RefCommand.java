package dev.interlock.front.git;

import dev.interlock.action.PushedRef;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.Repository;

/**
 * One command of a push.
 *
 * @param before the object that the ref names before, forty zeros if there is none
 * @param after the object that it names afterwards, forty zeros if there is none
 * @param ref the whole name
 */
record RefCommand(String before, String after, String ref) {

    static final String NONE = "0".repeat(40);

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{40}) ([0-9a-f]{40}) (\\S+)");

    /** The longest name. Servers store refs as files. */
    private static final int MAX_NAME = 250;

    static RefCommand parse(String line) throws UnreadablePushException {
        var matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw UnreadablePushException.malformed("A command of the push is not `old new ref` with SHA-1 names.");
        }
        return new RefCommand(matcher.group(1), matcher.group(2), matcher.group(3));
    }

    /**
     * Requires that it changes a ref whose meaning is known.
     *
     * @throws UnreadablePushException if it does not
     */
    void requireKnown() throws UnreadablePushException {
        if (before.equals(NONE) && after.equals(NONE)) {
            throw UnreadablePushException.malformed("A command of the push changes nothing.");
        }
        boolean isPlain = ref.length() <= MAX_NAME && ref.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (!isPlain || !Repository.isValidRefName(ref)) {
            throw new UnreadablePushException(
                    "A ref of the push has a name that Git does not allow, or one with other characters than ASCII.",
                    "Give the branch another name.");
        }
        if (!isBranch() && !isTag() && !ref.startsWith("refs/notes/")) {
            throw new UnreadablePushException(
                    "A push may change branches, tags and notes, and not `" + ref + "`.",
                    "Push to a branch: `git push origin HEAD:refs/heads/NAME`.");
        }
    }

    boolean isBranch() {
        return ref.startsWith("refs/heads/");
    }

    boolean isTag() {
        return ref.startsWith("refs/tags/");
    }

    PushedRef.Change change() {
        return before.equals(NONE)
                ? PushedRef.Change.CREATE
                : after.equals(NONE) ? PushedRef.Change.DELETE : PushedRef.Change.UPDATE;
    }

    @Override
    public String toString() {
        return before + " " + after + " " + ref;
    }
}
