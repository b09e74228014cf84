package dev.interlock.action;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an agent holds instead of a credential. This is the record behind the token; the token itself is kept nowhere.
 *
 * @param id {@code L-} and a ULID
 * @param root the lease it descends from; itself, if it is no child
 * @param agent as {@code jer/cursor}
 * @param person on whose behalf the agent runs
 * @param signers who signed for it, or for what it descends from
 * @param task the task's name
 * @param template the sealed task template it was issued under, if any
 * @param environments what it may touch
 * @param impacts what it may do there, before policy is asked
 * @param resources what it is narrowed to; empty for everything in its environments
 * @param place the only listener it is accepted at, if it is bound to one
 * @param issued when it began
 * @param expires when it ends by itself
 */
public record Lease(
        String id,
        String root,
        String agent,
        String person,
        LeaseSigners signers,
        String task,
        Optional<String> template,
        Set<String> environments,
        Set<Impact> impacts,
        Set<Resource> resources,
        Optional<String> place,
        Instant issued,
        Instant expires) {

    /** Neither a signature nor renewals make a lease that lives longer, and no template may promise it. */
    public static final Duration MAX_TTL = Duration.ofHours(24);

    public Lease {
        if (environments.isEmpty() || impacts.isEmpty()) {
            throw new IllegalArgumentException("a lease names at least one environment and one impact");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** One that nobody signed for. */
    public Lease(
            String id,
            String root,
            String agent,
            String person,
            String task,
            Optional<String> template,
            Set<String> environments,
            Set<Impact> impacts,
            Set<Resource> resources,
            Optional<String> place,
            Instant issued,
            Instant expires) {
        this(
                id,
                root,
                agent,
                person,
                LeaseSigners.NOBODY,
                task,
                template,
                environments,
                impacts,
                resources,
                place,
                issued,
                expires);
    }

    /**
     * The same, for which {@code signer} signed.
     *
     * @param usersNamed whether the seal then named the users who take the agent's leases
     */
    public Lease signedBy(String signer, boolean usersNamed) {
        return with(signers.and(signer, person, usersNamed), environments, impacts, resources, expires);
    }

    /** The same, until {@code end}. */
    public Lease until(Instant end) {
        return with(signers, environments, impacts, resources, end);
    }

    /** The same, for something else. */
    Lease within(Set<String> where, Set<Impact> what, Set<Resource> onWhat) {
        return with(signers, where, what, onWhat, expires);
    }

    private Lease with(LeaseSigners by, Set<String> where, Set<Impact> what, Set<Resource> onWhat, Instant end) {
        return new Lease(id, root, agent, person, by, task, template, where, what, onWhat, place, issued, end);
    }

    /**
     * Who is behind it beside its person, under {@code seal}.
     *
     * @param other whether somebody other than those must sign
     */
    public Set<String> behind(Seal seal, boolean other) {
        return signers.behind(seal.namesUsers(agent), other);
    }
}
