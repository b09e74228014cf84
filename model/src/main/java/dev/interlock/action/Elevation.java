package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A temporary extension of a lease. It is a scope of its own, so it adds nothing to the lease's rights elsewhere. It
 * only allows requests: policies still decide about them.
 *
 * @param resources the only resources it covers; empty for everything there
 * @param time the duration, in whole minutes, from the last signature that was needed
 */
public record Elevation(Set<String> environments, Set<Impact> impacts, Set<Resource> resources, Duration time) {

    /** The maximum duration. It is enough for one task, and short enough that the signer still remembers it. */
    public static final Duration MAX_TIME = Duration.ofHours(1);

    /**
     * The allowed names. People read them in a sentence that they sign, so an agent must not be able to continue that
     * sentence.
     */
    private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e&&[^,;`]]{1,200}");

    /** @throws IllegalArgumentException if it gives nothing, gives something that cannot be given, or lasts too long */
    public Elevation {
        if (environments.isEmpty() || impacts.isEmpty()) {
            throw new IllegalArgumentException("an elevation must name at least one environment and one impact");
        }
        if (impacts.contains(Impact.UNKNOWN)) {
            throw new IllegalArgumentException("the impact `unknown` cannot be granted");
        }
        if (!resources.stream().allMatch(resource -> NAME.matcher(resource.id()).matches())) {
            throw new IllegalArgumentException("a resource of an elevation must have an identifier");
        }
        if (time.compareTo(Duration.ofMinutes(1)) < 0
                || time.compareTo(MAX_TIME) > 0
                || !time.equals(Duration.ofMinutes(time.toMinutes()))) {
            throw new IllegalArgumentException("an elevation lasts for 1 to " + MAX_TIME.toMinutes() + " minutes");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** Reads what {@link #json} has written; throws {@link IllegalArgumentException} if it is malformed. */
    public static Elevation of(Json.Members json) {
        return new Elevation(
                Set.copyOf(json.texts("environments")),
                json.texts("impacts").stream().map(Impact::of).collect(Collectors.toSet()),
                json.texts("resources").stream().map(Resource::parse).collect(Collectors.toSet()),
                Duration.ofMinutes(json.whole("minutes")));
    }

    /** Returns the form in statements, receipts, the store and answers to the agent. */
    public Json.Members json() {
        return Json.object()
                .withTexts("environments", environments)
                .withTexts("impacts", impacts.stream().map(Impact::word))
                .withTexts("resources", resources.stream().map(Resource::toString))
                .with("minutes", time.toMinutes());
    }

    /** Returns whether all of it is in {@code wider} as well. */
    public boolean isWithin(Elevation wider) {
        return wider.environments.containsAll(environments)
                && wider.impacts.containsAll(impacts)
                && (wider.resources.isEmpty() || (!resources.isEmpty() && wider.resources.containsAll(resources)))
                && time.compareTo(wider.time) <= 0;
    }

    /** Returns whether {@code lease} allows all of it already. */
    public boolean isNothingTo(Lease lease) {
        return lease.environments().containsAll(environments)
                && lease.impacts().containsAll(impacts)
                && (lease.resources().isEmpty()
                        || (!resources.isEmpty() && lease.resources().containsAll(resources)));
    }

    /** Returns {@code lease} restricted to this elevation alone, until {@code until}. */
    public Lease of(Lease lease, Instant until) {
        return lease.within(environments, impacts, resources)
                .until(until.isBefore(lease.expires()) ? until : lease.expires());
    }
}
