package dev.interlock.identity;

import dev.interlock.action.Refusal;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Keyword;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * A stop that lasts until people lift it.
 *
 * @param id {@code K-} and a ULID
 * @param by the administrator, as the kernel identifies them
 */
public record Kill(String id, KillTarget target, String reason, String by, Instant since) {

    /** Maximum characters of a reason in a refusal or a list. */
    static final int MAX_REASON = 300;

    public enum KillScope implements Keyword {
        AGENT,
        TASK,
        PERSON,
        UPSTREAM,
        ALL;

        public static KillScope of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * The target of a kill: a name in the seal or the lease's id, empty for {@link KillScope#ALL}. It has one kill at
     * most.
     */
    public record KillTarget(KillScope scope, String name) {

        public static final KillTarget EVERYTHING = new KillTarget(KillScope.ALL, "");

        public KillTarget {
            if ((scope == KillScope.ALL) != name.isEmpty()) {
                throw new IllegalArgumentException("a kill must name what it stops, unless it stops everything");
            }
        }

        public boolean isPerson(String person) {
            return scope == KillScope.PERSON && name.equals(person);
        }

        /** Describes the target for use within a sentence. */
        public String words() {
            return switch (scope) {
                case AGENT -> "everything of the agent `" + name + "`";
                case TASK -> "everything of the task `" + name + "`";
                case PERSON -> "everything on behalf of `" + name + "`";
                case UPSTREAM -> "everything to the upstream `" + name + "`";
                case ALL -> "everything";
            };
        }
    }

    public Refusal refusal() {
        return Refusal.denied(
                "A person has stopped " + target.words() + ": " + why() + ".",
                "Stop, and tell the owner of this task. An agent cannot lift this; people can, with `interlock kill --lift "
                        + id + " --key KEY`.",
                List.of(target.words()));
    }

    /** Returns the reason, or says that none was given. */
    public String why() {
        return reason.isEmpty() ? "no reason was given" : reason;
    }

    /** Prepares {@code said} for use within a sentence: one line, limited length, no full stop. */
    static String oneLine(String said) {
        String plain = said.codePoints()
                .map(c -> VisibleText.isVisible(c) ? c : ' ')
                .limit(MAX_REASON)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString()
                .strip();
        return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
    }
}
