package dev.interlock.evidence;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a seal lets one person do alone on a bad day: stand in, for one hold, for the people and the time that policy
 * asks for. That it was done stands in the statement that they sign.
 *
 * @param by the group of whom one person is enough
 * @param waives what goes besides the quorums: {@link #OTHER}, {@link #COOLDOWN}, {@link #BACKUP}
 * @param atMost how often, before somebody has reviewed it
 */
public record BreakGlass(String by, Set<String> waives, int atMost) {

    /** That somebody else than the person behind the lease must sign. */
    public static final String OTHER = "other";

    /** The wait after the last signature. */
    public static final String COOLDOWN = "cooldown";

    /** That a backup elsewhere was restored. */
    public static final String BACKUP = "backup";

    /** Whoever needs it more often before anybody has looked needs another policy. */
    public static final int MOST = 16;

    /** The member of a statement's obligations that says that they are not those of policy. */
    static final String MEMBER = "break_glass";

    private static final Set<String> WAIVABLE = Set.of(OTHER, COOLDOWN, BACKUP);

    /** @throws MalformedException if it waives what is never waived, or has no limit */
    public BreakGlass {
        waives = Collections.unmodifiableSet(new TreeSet<>(waives));
        if (by.isBlank()) {
            throw new MalformedException("break-glass names no group");
        }
        if (!WAIVABLE.containsAll(waives)) {
            throw new MalformedException("break-glass waives `" + BACKUP + "`, `" + COOLDOWN + "` and `" + OTHER
                    + "` besides the quorum, and nothing else");
        }
        if (atMost < 1 || atMost > MOST) {
            throw new MalformedException(
                    "break-glass is had between 1 and " + MOST + " times before somebody has reviewed it");
        }
    }

    /** What a statement says instead of what policy {@code demanded}: why, and what that was, stay in it. */
    public Json.Members instead(Json.Members demanded, String reason) {
        Json.Members left = waives.contains(BACKUP) ? demanded.without(Set.of("backup_seconds")) : demanded;
        left = waives.contains(COOLDOWN) ? left.with("cooldown_seconds", 0) : left;
        left = waives.contains(OTHER) ? left.with("other", false) : left;
        // Whoever is alone and in a hurry types what it is about.
        return left.withTexts("confirm", Set.of("1 of " + by))
                .with("type_name", true)
                .with(MEMBER, Json.object().with("demanded", demanded).with("reason", reason));
    }

    /**
     * That a statement was made by it.
     *
     * @param reason why, in the words of who signed
     * @param demanded what policy asked for
     */
    public record Broken(String reason, Json.Members demanded) {

        /** @throws MalformedException if no reason is given, or glass was broken of broken glass */
        public Broken {
            Fields.requireSentence("the reason of break-glass", reason);
            if (demanded.get(MEMBER).isPresent()) {
                throw new MalformedException("what was demanded is not what policy demands");
            }
            Demands.of(demanded);
        }

        static Broken read(Json.Members json) {
            Fields fields = new Fields(json);
            Broken broken = new Broken(fields.name("reason"), fields.object("demanded"));
            fields.end();
            return broken;
        }
    }
}
