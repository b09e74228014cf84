package dev.interlock.action;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The record of a lease, which an agent has instead of a credential. The token itself is stored nowhere.
 *
 * @param id {@code L-} and a ULID
 * @param root the lease it descends from; itself, if it is no child
 * @param signers who signed for it, or for its ancestors
 * @param template the sealed task template it was issued under, if any
 * @param impacts what it may do there, before policy is asked
 * @param resources the only resources that it covers; empty for everything in its environments
 * @param place the only listener it is accepted at, if it is bound to one
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

    /** The maximum lifetime, also after renewals. Neither a signature nor a template can exceed it. */
    public static final Duration MAX_TTL = Duration.ofHours(24);

    /** How the places of remote machines begin; no place on this machine does. */
    public static final String REMOTE = "M-";

    public Lease {
        if (environments.isEmpty() || impacts.isEmpty()) {
            throw new IllegalArgumentException("a lease names at least one environment and one impact");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** Every call is looked up by its lease: the identifier is enough to spread them. */
    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /**
     * Returns the same lease with {@code signer} as a signer.
     *
     * @param usersNamed whether the seal then named the users who take the agent's leases
     */
    public Lease signedBy(String signer, boolean usersNamed) {
        return with(signers.and(signer, person, usersNamed), environments, impacts, resources, expires);
    }

    public static boolean isRemote(String place) {
        return place.startsWith(REMOTE);
    }

    /**
     * Returns whether it is accepted at {@code listener}. A lease that is bound to no place is accepted everywhere on
     * this machine, and nowhere beyond.
     */
    public boolean isAcceptedAt(Optional<String> listener) {
        return place.isPresent()
                ? place.equals(listener)
                : listener.filter(Lease::isRemote).isEmpty();
    }

    public Lease until(Instant end) {
        return with(signers, environments, impacts, resources, end);
    }

    /** Returns the same lease with another scope. */
    public Lease within(Set<String> where, Set<Impact> what, Set<Resource> onWhat) {
        return with(signers, where, what, onWhat, expires);
    }

    private Lease with(LeaseSigners by, Set<String> where, Set<Impact> what, Set<Resource> onWhat, Instant end) {
        return new Lease(id, root, agent, person, by, task, template, where, what, onWhat, place, issued, end);
    }

    /** Returns who is behind it besides its person, under {@code seal}. */
    public Set<String> behind(Seal seal, boolean other) {
        return signers.behind(seal.namesUsers(agent), other);
    }
}
