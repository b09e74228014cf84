package dev.interlock.action;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The reasons for a verdict.
 *
 * @param policies the ids of the policies that decided, sorted
 * @param observed what would have been refused, if the seal did not only observe
 * @param elevation the hold by which people widened the lease, if that made the decision possible
 */
public record VerdictReasons(
        String seal,
        List<String> policies,
        List<ReachedLimit> limits,
        Optional<Refusal> observed,
        Optional<String> elevation) {

    /**
     * A limit that an attempt has reached.
     *
     * @param name as {@code budget deletions}
     */
    public record ReachedLimit(String name, String reason) {}

    public VerdictReasons {
        policies = List.copyOf(new TreeSet<>(policies));
        limits = List.copyOf(limits);
    }

    public VerdictReasons(String seal, List<String> policies) {
        this(seal, policies, List.of(), Optional.empty(), Optional.empty());
    }

    /** Returns these reasons with {@code more} policies. */
    public VerdictReasons and(Collection<String> more) {
        TreeSet<String> all = new TreeSet<>(policies);
        all.addAll(more);
        return new VerdictReasons(seal, List.copyOf(all), limits, observed, elevation);
    }

    /** Returns the union of both; they must have the same seal. */
    public VerdictReasons and(VerdictReasons that) {
        VerdictReasons both = and(that.policies).limitedBy(that.limits);
        return new VerdictReasons(
                both.seal, both.policies, both.limits, observed.or(that::observed), elevation.or(that::elevation));
    }

    public VerdictReasons limitedBy(Collection<ReachedLimit> more) {
        List<ReachedLimit> all = new ArrayList<>(limits);
        all.addAll(more);
        return new VerdictReasons(seal, policies, all, observed, elevation);
    }

    /** Returns these reasons for an action that would have been refused with {@code refusal}. */
    public VerdictReasons observing(Refusal refusal) {
        return new VerdictReasons(seal, policies, limits, Optional.of(refusal), elevation);
    }

    /** Returns these reasons for an action that is allowed only because people widened the lease by {@code hold}. */
    public VerdictReasons elevatedBy(String hold) {
        return new VerdictReasons(seal, policies, limits, observed, Optional.of(hold));
    }
}
