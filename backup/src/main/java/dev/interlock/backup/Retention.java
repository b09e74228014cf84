package dev.interlock.backup;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The rule for keeping backups: the youngest of each of so many days and so many weeks, in UTC.
 *
 * @param daily at least 1
 * @param weekly 0 or more
 */
public record Retention(int daily, int weekly) {

    /** The usual rule: a week of days and a month of weeks. */
    public static final Retention USUAL = new Retention(7, 4);

    public Retention {
        if (daily < 1 || weekly < 0) {
            throw new IllegalArgumentException(
                    "`keep` must have at least one day and no " + "negative number of weeks");
        }
    }

    /**
     * Returns the backups of {@code all} that may be removed. The youngest always stays. So does {@code proven}, the
     * youngest that passed a restore test, because later ones may turn out to be worthless.
     */
    Set<DatedBackup> expendable(Collection<DatedBackup> all, Optional<String> proven) {
        List<DatedBackup> young = all.stream()
                .sorted(Comparator.comparing(DatedBackup::takenAt).reversed())
                .toList();
        Set<DatedBackup> kept = new HashSet<>();
        young.stream().filter(entry -> proven.equals(Optional.of(entry.id()))).forEach(kept::add);
        keep(young, kept, daily, entry -> day(entry.takenAt()));
        keep(young, kept, weekly, entry -> week(day(entry.takenAt())));
        Set<DatedBackup> expendable = new HashSet<>(young);
        expendable.removeAll(kept);
        return expendable;
    }

    /**
     * A backup on the target.
     *
     * @param takenAt the moment whose state it holds
     */
    record DatedBackup(String id, Instant takenAt) {}

    private static void keep(
            List<DatedBackup> young, Set<DatedBackup> kept, int spans, Function<DatedBackup, Object> span) {
        Set<Object> seen = new HashSet<>();
        for (DatedBackup entry : young) {
            Object of = span.apply(entry);
            if (!seen.contains(of) && seen.size() < spans) {
                seen.add(of);
                kept.add(entry);
            }
        }
    }

    private static LocalDate day(Instant at) {
        return LocalDate.ofInstant(at, ZoneOffset.UTC);
    }

    private static Object week(LocalDate day) {
        return List.of(day.get(IsoFields.WEEK_BASED_YEAR), day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
    }
}
