package dev.interlock.identity;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The part of a parent's lease that a child gets. An empty set stands for all of the parent's. Agent, person, task and
 * template are always the parent's, so that whatever stops those stops the child.
 *
 * @param resources some of the parent's; any if the parent names none
 * @param ttl a whole number of seconds, no longer than the parent has left
 */
public record ChildLeaseScope(
        Set<String> environments, Set<Impact> impacts, Set<Resource> resources, Optional<Duration> ttl) {

    /** Maximum bytes of all names in canonical JSON: the receipt holds them, and each child is remembered for a day. */
    static final int MAX_NAMES = 4 * 1024;

    public ChildLeaseScope {
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
        if (ttl.isPresent() && (ttl.get().toSeconds() < 1 || ttl.get().toNanosPart() != 0)) {
            throw new IllegalArgumentException("a lease lasts a whole number of seconds");
        }
    }

    /** Returns the part that {@code parent} does not have, as a whole sentence; empty if it has all of it. */
    Optional<String> missingFromParent(Lease parent, Instant now) {
        return more("name", environments, parent.environments())
                .or(() -> more("allow", impacts, parent.impacts()))
                .or(() -> parent.resources().isEmpty() ? Optional.empty() : more("name", resources, parent.resources()))
                .or(this::tooMany)
                .or(() -> longer(parent, now));
    }

    private static <T> Optional<String> more(String verb, Set<T> asked, Set<T> given) {
        return asked.stream()
                .filter(one -> !given.contains(one))
                .findFirst()
                .map(one -> "Your own lease does not " + verb + " `" + word(one) + "`.");
    }

    private static String word(Object one) {
        return one instanceof Impact impact ? impact.word() : one.toString();
    }

    private Optional<String> tooMany() {
        return isTooMuch(resources)
                ? Optional.of("The child lease would name more or longer resources than a lease may.")
                : Optional.empty();
    }

    static boolean isTooMuch(Set<Resource> resources) {
        return Json.object()
                        .withTexts("resources", resources.stream().map(Resource::toString))
                        .canonical()
                        .length
                > MAX_NAMES;
    }

    private Optional<String> longer(Lease parent, Instant now) {
        return now.plus(ttl.orElse(Duration.ofSeconds(1))).isAfter(parent.expires())
                ? Optional.of("Your own lease expires at " + parent.expires() + ", before the child lease would.")
                : Optional.empty();
    }

    Lease child(String id, Lease parent, Optional<String> place, Instant now) {
        return new Lease(
                id,
                parent.root(),
                parent.agent(),
                parent.person(),
                parent.signers(),
                parent.task(),
                parent.template(),
                environments.isEmpty() ? parent.environments() : environments,
                impacts.isEmpty() ? parent.impacts() : impacts,
                resources.isEmpty() ? parent.resources() : resources,
                parent.place().or(() -> place),
                now,
                ttl.map(now::plus).orElse(parent.expires()));
    }
}
