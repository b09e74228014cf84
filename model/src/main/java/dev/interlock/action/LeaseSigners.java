package dev.interlock.action;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who signed for a lease, or for what it descends from, beside the person whose agent it is.
 *
 * @param people by name
 * @param usersNamed whether the seal named the users who take the agent's leases when they signed
 */
public record LeaseSigners(Set<String> people, boolean usersNamed) {

    /** Of a lease that was given for the asking. */
    public static final LeaseSigners NOBODY = new LeaseSigners(Set.of(), false);

    public LeaseSigners {
        people = Collections.unmodifiableSet(new TreeSet<>(people));
    }

    /**
     * Which of them are behind the lease. Hold, vault and elevation ask nothing else, so that they agree.
     *
     * <p>Whoever signs for a lease may have taken it for themselves. Where only certain users of the machine take it,
     * who signed was asked, and need not prove by hardware that it was not the agent. But users are no people, and
     * several people may be one user: where somebody {@code other} must sign, nobody who had a hand in the lease is
     * that.
     *
     * @param usersNamedNow whether the seal in force names them too
     */
    public Set<String> behind(boolean usersNamedNow, boolean other) {
        return usersNamed && usersNamedNow && !other ? Set.of() : people;
    }

    LeaseSigners and(String signer, String person, boolean usersWereNamed) {
        Set<String> all = new TreeSet<>(people);
        all.add(signer);
        all.remove(person);
        return new LeaseSigners(all, usersWereNamed && (people.isEmpty() || usersNamed));
    }
}
