package dev.interlock.front.git;

import dev.interlock.action.PushedRef;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.Repository;

/** One command of a push: the object that the ref names before and after, each forty zeros if there is none. */
record RefCommand(String before, String after, String ref) {

    static final String NONE = "0".repeat(40);

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (\\S+)");

    /** The longest name. Servers store refs as files. */
    private static final int MAX_NAME = 250;

    /** The longest name that is read, to be refused by its name: a push has thousands of commands, all in memory. */
    private static final int MAX_READ = 1_000;

    static RefCommand parse(String line) throws UnreadablePushException {
        var matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new UnreadablePushException(PushRefusals.COMMAND);
        }
        if (matcher.group(3).length() > MAX_READ) {
            throw new UnreadablePushException(PushRefusals.REF_NAME);
        }
        return new RefCommand(matcher.group(1), matcher.group(2), matcher.group(3));
    }

    void requireKnown() throws UnreadablePushException {
        if (before.length() != NONE.length() || after.length() != NONE.length()) {
            throw new UnreadablePushException(PushRefusals.OBJECT_FORMAT);
        }
        if (before.equals(NONE) && after.equals(NONE)) {
            throw new UnreadablePushException(PushRefusals.NO_CHANGE);
        }
        boolean isPlain = ref.length() <= MAX_NAME && ref.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (!isPlain || !Repository.isValidRefName(ref)) {
            throw new UnreadablePushException(PushRefusals.REF_NAME);
        }
        if (!isListed() && !ref.startsWith("refs/notes/") && !ref.startsWith("refs/for/")) {
            throw new UnreadablePushException(PushRefusals.OTHER_REF, ref);
        }
    }

    boolean isBranch() {
        return ref.startsWith("refs/heads/");
    }

    boolean isTag() {
        return ref.startsWith("refs/tags/");
    }

    /** Returns whether it is one of the refs that the gateway asks servers for. */
    boolean isListed() {
        return isBranch() || isTag();
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
