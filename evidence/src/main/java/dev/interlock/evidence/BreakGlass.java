package dev.interlock.evidence;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The seal's rule for emergencies. One person may stand in, for one hold, for the people and the waiting time that
 * policy demands. The statement that they sign records it.
 *
 * @param by the group of which one person is enough
 * @param waives what is waived besides the quorums: {@link #OTHER}, {@link #COOLDOWN}, {@link #BACKUP}
 * @param atMost maximum uses that nobody has reviewed yet
 */
public record BreakGlass(String by, Set<String> waives, int atMost) {

    /** Waives that somebody other than the person behind the lease must sign. */
    public static final String OTHER = "other";

    /** Waives the wait after the last signature. */
    public static final String COOLDOWN = "cooldown";

    /** Waives that a backup elsewhere was restored. */
    public static final String BACKUP = "backup";

    /** The maximum of {@code atMost}. A site that needs more before a review needs another policy. */
    public static final int MOST = 16;

    /** The member that marks a statement's obligations as waived. */
    static final String MEMBER = "break_glass";

    private static final Set<String> WAIVABLE = Set.of(OTHER, COOLDOWN, BACKUP);

    /** @throws MalformedException if it waives something that must never be waived, or has no limit */
    public BreakGlass {
        waives = Collections.unmodifiableSet(new TreeSet<>(waives));
        if (by.isBlank()) {
            throw new MalformedException("break-glass names no group");
        }
        if (!WAIVABLE.containsAll(waives)) {
            throw new MalformedException("break-glass waives `" + BACKUP + "`, `" + COOLDOWN + "` and `" + OTHER
                    + "` in addition to the quorum, and nothing else");
        }
        if (atMost < 1 || atMost > MOST) {
            throw new MalformedException(
                    "break-glass must be limited to between 1 and " + MOST + " uses without a review");
        }
    }

    /**
     * Returns the obligations that replace {@code demanded}, those of policy. They contain the reason and the original
     * obligations.
     */
    public Json.Members remainingObligations(Json.Members demanded, String reason) {
        Json.Members left = waives.contains(BACKUP) ? demanded.without(Set.of("backup_seconds")) : demanded;
        left = waives.contains(COOLDOWN) ? left.with("cooldown_seconds", 0) : left;
        left = waives.contains(OTHER) ? left.with("other", false) : left;
        // A person who is alone and in a hurry must type what it is about.
        return left.withTexts("confirm", Set.of("1 of " + by))
                .with("type_name", true)
                .with(MEMBER, Json.object().with("demanded", demanded).with("reason", reason));
    }

    /**
     * The note in a statement that it was made by break-glass.
     *
     * @param reason why, in the words of the person who signed
     * @param demanded the obligations of policy
     */
    public record BreakGlassNote(String reason, Json.Members demanded) {

        /** @throws MalformedException if there is no reason, or the obligations were waived already */
        public BreakGlassNote {
            StrictFields.requireSentence("the reason of break-glass", reason);
            if (demanded.get(MEMBER).isPresent()) {
                throw new MalformedException("the demanded obligations are not those of the policy");
            }
            ParsedObligations.of(demanded);
        }

        static BreakGlassNote read(Json.Members json) {
            StrictFields fields = new StrictFields(json);
            BreakGlassNote broken = new BreakGlassNote(fields.name("reason"), fields.object("demanded"));
            fields.end();
            return broken;
        }
    }
}
