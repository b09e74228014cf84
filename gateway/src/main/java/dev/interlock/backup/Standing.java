package dev.interlock.backup;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the gateway believes of a plan's backups.
 *
 * @param counted the one that it counts on
 * @param failed those that it holds for bad
 * @param tried when each of those that it knows was tried last, as far as it has heard
 * @param unkept those of which it forgets the last word when it is restarted, as it could not write it down
 * @param isUnlooked whether none counts for now, as it was told that the target could not be looked at
 */
public record Standing(
        Optional<String> counted,
        Set<String> failed,
        Map<String, Instant> tried,
        Set<String> unkept,
        boolean isUnlooked) {

    /** Where it cannot be asked. */
    public static final Standing UNKNOWN = new Standing(Optional.empty(), Set.of(), Map.of());

    /** Of one whose target can be looked at. */
    public Standing(Optional<String> counted, Set<String> failed, Map<String, Instant> tried) {
        this(counted, failed, tried, Set.of(), false);
    }

    public Standing {
        failed = Set.copyOf(failed);
        tried = Map.copyOf(tried);
        unkept = Set.copyOf(unkept);
    }

    /**
     * As {@code backup.plans} says it of one plan.
     *
     * @throws dev.interlock.evidence.MalformedException or {@link java.time.DateTimeException}, if it says less
     */
    public static Standing of(Json.Members said) {
        Map<String, Instant> tried = new HashMap<>();
        Json.Members times = said.object("tried");
        times.members().keySet().forEach(id -> tried.put(id, Instant.parse(times.text(id))));
        return new Standing(
                said.optionalText("counted"),
                Set.copyOf(said.texts("failed")),
                tried,
                Set.copyOf(said.texts("unkept")),
                said.optionalText("unlooked").isPresent());
    }

    /** Whether the gateway rests on {@code id}. */
    public boolean counts(String id) {
        return counted.filter(id::equals).isPresent();
    }

    /**
     * Whether the gateway has not heard {@code found} yet, nor anything later about the same backup; or has, and will
     * not know it after a restart.
     */
    public boolean isNews(Attested found) {
        Instant heard = tried.get(found.id());
        return heard == null
                || heard.isBefore(found.triedAt())
                || (unkept.contains(found.id()) && heard.equals(found.triedAt()));
    }

    /** Whether it has heard something bad of one that, by what was noted beside it before, is good: it was away. */
    boolean holdsForBad(Listing.Entry entry) {
        return failed.contains(entry.id())
                && entry.attested()
                        .filter(found -> found.restored() && !isNews(found))
                        .isPresent();
    }
}
