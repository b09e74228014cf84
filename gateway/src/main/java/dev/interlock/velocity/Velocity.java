package dev.interlock.velocity;

import dev.interlock.action.Grounds;
import dev.interlock.action.Limits;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.StoreUnavailableException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Whether what attempts add up to is still what people meant. It makes verdicts stricter, never milder.
 *
 * <p>An attempt that no limit is about costs nothing here. Of the others, a store that fails refuses. Threading: any
 * thread may call; releases take turns.
 */
public final class Velocity {

    private static final System.Logger LOG = System.getLogger(Velocity.class.getName());

    /** Whether an attempt may leave now. */
    public sealed interface Release {

        /** It may, and is counted. */
        record Granted(String intent, boolean counted) implements Release {}

        /** It may not: a limit was reached since it was decided about, or the store fails. */
        record Refused(Refusal refusal) implements Release {}
    }

    private final Database database;
    private final WindowClock clock;

    /**
     * Makes the room on a database that was opened with {@link #schemas}.
     *
     * @param nanos a clock that nobody can set, as {@link System#nanoTime}
     */
    public Velocity(Database database, InstantSource wall, LongSupplier nanos) {
        this.database = database;
        this.clock = new WindowClock(wall, nanos, database.read(sql -> new DeedRows(sql).reached()));
    }

    /** This room's tables. */
    public static List<Schema> schemas() {
        return List.of(DeedRows.SCHEMA);
    }

    /** {@code verdict}, or a stricter one: a limit that is reached refuses, or holds. Counts nothing. */
    public Verdict limited(Seal seal, Sensed sensed, Verdict verdict) {
        Instant now = clock.now();
        Reckoning reckoning = reckoning(seal, "", sensed, now);
        if (verdict instanceof Verdict.Refuse || !reckoning.isAskedAbout()) {
            return verdict;
        }
        try {
            return limited(verdict, database.read(sql -> reckoning.overruns(new DeedRows(sql))));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because what is used up cannot be read", e);
            return new Verdict.Refuse(verdict.grounds(), noStore());
        }
    }

    /** As {@link #limited}, after {@code before} have been released at once, just now. For rehearsals. */
    public static Verdict rehearsed(Seal seal, List<Sensed> before, Sensed sensed, Verdict verdict) {
        Instant now = Instant.EPOCH.plus(Limits.MAX_WITHIN);
        List<Deed> deeds = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            deeds.addAll(Deed.of("before " + i, now, before.get(i)));
        }
        try {
            return limited(verdict, reckoning(seal, "", sensed, now).overruns(Past.of(deeds)));
        } catch (SQLException e) {
            throw new IllegalStateException("what is in memory needs no store", e);
        }
    }

    /**
     * Counts an attempt, after its intent is durable and before anything of it leaves. Atomic: of any number of racing
     * copies no more are granted than fit.
     *
     * @param grounds of the verdict under which it goes; what they say was reached, people have confirmed
     */
    public Release release(Seal seal, Sensed sensed, Grounds grounds, String intent) {
        Instant now = clock.now();
        Reckoning reckoning = reckoning(seal, intent, sensed, now);
        List<Deed> remembered = reckoning.remembered();
        if (remembered.isEmpty() && !reckoning.isAskedAbout()) {
            return new Release.Granted(intent, false);
        }
        Set<String> confirmed =
                grounds.limits().stream().map(Grounds.Limited::name).collect(Collectors.toSet());
        try {
            return database.write(sql -> {
                DeedRows rows = new DeedRows(sql);
                for (Overrun overrun : reckoning.overruns(rows)) {
                    if (overrun.hold().isEmpty() || !confirmed.contains(overrun.name())) {
                        return new Release.Refused(overrun.refusal());
                    }
                }
                rows.keep(now);
                rows.add(remembered);
                return new Release.Granted(intent, true);
            });
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because what is used up cannot be written", e);
            return new Release.Refused(noStore());
        }
    }

    /** What was granted has certainly not left, and is not counted. */
    public void neverLeft(Release.Granted granted) {
        if (!granted.counted()) {
            return;
        }
        try {
            database.write(sql -> {
                new DeedRows(sql).remove(granted.intent());
                return true;
            });
        } catch (StoreUnavailableException e) {
            // It stays counted: too much rather than too little.
            LOG.log(System.Logger.Level.WARNING, "what did not leave stays counted: {0}", e.getMessage());
        }
    }

    /** Forgets what no window reaches any more. To be called now and then. */
    public void tidy() {
        Instant now = clock.now();
        database.write(sql -> {
            DeedRows rows = new DeedRows(sql);
            rows.keep(now);
            rows.forget(now.minus(Limits.MAX_WITHIN));
            return true;
        });
    }

    private static Reckoning reckoning(Seal seal, String intent, Sensed sensed, Instant now) {
        return new Reckoning(seal.limits(), Deed.of(intent, now, sensed), lost(sensed), now);
    }

    private static Set<String> lost(Sensed sensed) {
        Set<String> lost = new TreeSet<>();
        for (Resource resource : sensed.radius().lost()) {
            lost.add(resource.toString());
        }
        return lost;
    }

    private static Verdict limited(Verdict verdict, List<Overrun> overruns) {
        if (verdict instanceof Verdict.Refuse || overruns.isEmpty()) {
            return verdict;
        }
        Grounds grounds = verdict.grounds()
                .limitedBy(overruns.stream().map(Overrun::limited).toList());
        for (Overrun overrun : overruns) {
            if (overrun.hold().isEmpty()) {
                return new Verdict.Refuse(grounds, overrun.refusal());
            }
        }
        Obligations all = switch (verdict) {
            case Verdict.Hold hold -> hold.obligations();
            case Verdict.Permit _, Verdict.Refuse _ -> Obligations.NONE;
        };
        for (Overrun overrun : overruns) {
            all = all.and(overrun.hold().orElse(Obligations.NONE));
        }
        return new Verdict.Hold(grounds, all);
    }

    private static Refusal noStore() {
        return Refusal.unavailable(
                "Interlock cannot find out how much of this has gone already, and therefore refuses.",
                "Nothing was sent. Tell the owner of this task; look for no other way and no other credential.");
    }
}
