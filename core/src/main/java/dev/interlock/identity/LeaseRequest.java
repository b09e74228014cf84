package dev.interlock.identity;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A lease that somebody asks for. The person behind it is not asked for: it is the owner that the seal names.
 *
 * @param agent as {@code jer/cursor}
 * @param task why it runs; shown in receipts
 * @param template the sealed task template that it is asked under, if any
 * @param environments what it may touch
 * @param impacts what it may do there
 * @param resources what it is narrowed to; empty for everything in its environments
 * @param place the only listener it is accepted at, if it is to be bound to one
 * @param ttl how long it lives, in whole seconds
 */
public record LeaseRequest(
        String agent,
        String task,
        Optional<String> template,
        Set<String> environments,
        Set<Impact> impacts,
        Set<Resource> resources,
        Optional<String> place,
        Duration ttl) {

    /** A lease that nobody asked more for lives no longer than this; the launcher renews it. */
    public static final Duration DEFAULT_TTL = Duration.ofHours(1);

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,127}");

    public LeaseRequest {
        if (!NAME.matcher(agent).matches() || !NAME.matcher(task).matches()) {
            throw new IllegalArgumentException("an agent and a task are named in letters, digits and `._/:@+-`");
        }
        if (environments.isEmpty() || impacts.isEmpty()) {
            throw new IllegalArgumentException("a lease names at least one environment and one impact");
        }
        if (ttl.toSeconds() < 1 || ttl.toNanosPart() != 0) {
            throw new IllegalArgumentException("a lease lives for a whole number of seconds");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** All that {@code template} allows, for as long as it allows. */
    public static LeaseRequest under(Seal.TaskTemplate template, String agent) {
        return new LeaseRequest(
                agent,
                template.name(),
                Optional.of(template.name()),
                template.environments(),
                template.impacts(),
                Set.of(),
                Optional.empty(),
                template.ttl());
    }

    /** What anybody may have for the asking: to read in environments that are not protected. */
    public static LeaseRequest readOnly(String agent, String task, Set<String> environments) {
        return new LeaseRequest(
                agent,
                task,
                Optional.empty(),
                environments,
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                DEFAULT_TTL);
    }

    /** This request, bound to one listener. */
    public LeaseRequest at(String listener) {
        return new LeaseRequest(agent, task, template, environments, impacts, resources, Optional.of(listener), ttl);
    }
}
