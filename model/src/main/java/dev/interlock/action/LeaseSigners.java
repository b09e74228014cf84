package dev.interlock.action;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The people who signed for a lease or its ancestors, besides the person whose agent it is.
 *
 * @param usersNamed whether the seal named the users who take the agent's leases when they signed
 */
public record LeaseSigners(Set<String> people, boolean usersNamed) {

    /** No signers: the lease was issued without a signature. */
    public static final LeaseSigners NOBODY = new LeaseSigners(Set.of(), false);

    public LeaseSigners {
        people = Collections.unmodifiableSet(new TreeSet<>(people));
    }

    /**
     * Returns which of them are behind the lease. Hold, vault and elevation use only this method, so that they agree.
     *
     * <p>A person who signs for a lease may have taken it for themselves. This is different if the seal names the users
     * of the machine who take it. Then the signer was only asked to sign, and need not prove by hardware that the agent
     * did not. But several people may share one user. So where somebody {@code other} must sign, every signer of the
     * lease counts as behind it.
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
