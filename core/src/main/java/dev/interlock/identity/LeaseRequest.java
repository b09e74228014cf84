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
 * A request for a lease. It does not name the person behind the lease: the seal does, as the agent's owner.
 *
 * @param task why the agent runs; shown in receipts
 * @param resources the resources that it is narrowed to; empty for everything in its environments
 * @param place the only listener that accepts it, if it is bound to one
 * @param ttl its lifetime, in whole seconds
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

    /** Default lifetime of a lease; the launcher renews it. */
    public static final Duration DEFAULT_TTL = Duration.ofHours(1);

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,127}");

    public LeaseRequest {
        if (!NAME.matcher(agent).matches() || !NAME.matcher(task).matches()) {
            throw new IllegalArgumentException("names of agents and tasks must be letters, digits and `._/:@+-`");
        }
        if (environments.isEmpty() || impacts.isEmpty()) {
            throw new IllegalArgumentException("a lease names at least one environment and one impact");
        }
        if (ttl.toSeconds() < 1 || ttl.toNanosPart() != 0) {
            throw new IllegalArgumentException("a lease lasts a whole number of seconds");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** Returns a request for everything that {@code template} allows, for its whole time. */
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

    /** Returns a request that needs no signature: to read in environments that are not protected. */
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

    /** Returns this request for at most {@code time}. */
    public LeaseRequest within(Duration time) {
        return time.compareTo(ttl) >= 0
                ? this
                : new LeaseRequest(agent, task, template, environments, impacts, resources, place, time);
    }

    public LeaseRequest at(String listener) {
        return new LeaseRequest(agent, task, template, environments, impacts, resources, Optional.of(listener), ttl);
    }
}
