package dev.interlock.identity;

import dev.interlock.action.Plain;
import dev.interlock.action.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * A stop that stands until people lift it.
 *
 * @param id {@code K-} and a ULID
 * @param target what it stops
 * @param reason why, in the words of whoever said so; empty if they gave none
 * @param by the administrator who said so, as the kernel knows them
 * @param since when
 */
public record Kill(String id, Target target, String reason, String by, Instant since) {

    /** As much of a reason as an agent is told and a list can show. */
    static final int MAX_REASON = 300;

    /** How far a kill reaches. */
    public enum Scope {
        AGENT,
        TASK,
        PERSON,
        UPSTREAM,
        ALL;

        /** The word used on the socket, in the store and in receipts. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Scope of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * What a kill stops. There is one kill of each target at most.
     *
     * @param name whose, by the seal or a lease; empty for {@link Scope#ALL}
     */
    public record Target(Scope scope, String name) {

        public static final Target EVERYTHING = new Target(Scope.ALL, "");

        public Target {
            if ((scope == Scope.ALL) != name.isEmpty()) {
                throw new IllegalArgumentException("a kill names what it stops, unless it is everything");
            }
        }

        /** As a sentence goes on with it. */
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

    /** What an agent is told. */
    public Refusal refusal() {
        return Refusal.denied(
                "A person has stopped " + target.words() + ": " + why() + ".",
                "Stop, and tell the owner of this task. Nothing that carries a lease can lift this; people can, with `"
                        + "interlock kill --lift " + id + " --key KEY`.",
                List.of(target.words()));
    }

    /** The reason, or that none was given. */
    public String why() {
        return reason.isEmpty() ? "no reason was given" : reason;
    }

    /** {@code said} as a sentence can go on with it: on one line, not endless, without a full stop. */
    static String oneLine(String said) {
        String plain = said.codePoints()
                .map(c -> Plain.is(c) ? c : ' ')
                .limit(MAX_REASON)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString()
                .strip();
        return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
    }
}
