package dev.interlock.front.postgres.sql;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** What a statement does at most, and whether that can be undone once it is committed. */
public record Effect(Set<Impact> impacts, Reversibility reversibility) {

    public static final Effect READ = new Effect(Set.of(Impact.READ), Reversibility.REVERSIBLE);

    /** Adds something, or maintains what is there; nothing is lost. */
    public static final Effect ADD = new Effect(Set.of(Impact.WRITE), Reversibility.REVERSIBLE);

    /** Writes over something: the value before is lost. */
    public static final Effect CHANGE = new Effect(Set.of(Impact.WRITE), Reversibility.IRREVERSIBLE);

    public static final Effect DESTROY = new Effect(Set.of(Impact.DESTROY), Reversibility.IRREVERSIBLE);

    /** Reads what may be a secret. */
    public static final Effect REVEAL = new Effect(Set.of(Impact.READ, Impact.CREDENTIAL), Reversibility.IRREVERSIBLE);

    public static final Effect PRIVILEGE = new Effect(Set.of(Impact.PRIVILEGE), Reversibility.IRREVERSIBLE);

    /** Runs code that this reader cannot follow, inside the database. */
    public static final Effect EXECUTE = new Effect(Set.of(Impact.EXECUTE), Reversibility.IRREVERSIBLE);

    public static final Effect ANYTHING =
            new Effect(Set.of(Impact.DESTROY, Impact.PRIVILEGE, Impact.EXECUTE), Reversibility.IRREVERSIBLE);

    public Effect {
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
    }

    /** Returns the effect of both. That a statement also reads goes without saying if it does more. */
    public Effect and(Effect other) {
        if (equals(READ) || other.equals(READ)) {
            return equals(READ) ? other : this;
        }
        Set<Impact> all = EnumSet.copyOf(impacts);
        all.addAll(other.impacts);
        return new Effect(all, reversibility.compareTo(other.reversibility) > 0 ? reversibility : other.reversibility);
    }
}
