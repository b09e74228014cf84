package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.Placement;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The backups that would be left of a resource that holds data, after each kind of loss.
 *
 * @param upstream the upstream that has it
 * @param placement the resource, and the environments that use it
 * @param ways the possible losses, each by one call or one leaked credential
 * @param unseen names of its restored backups that only the seal says are stored apart
 */
public record LossForecast(String upstream, Placement placement, List<LossScenario> ways, Set<String> unseen) {

    public LossForecast {
        ways = List.copyOf(ways);
        unseen = Collections.unmodifiableSet(new TreeSet<>(unseen));
    }

    /**
     * One kind of loss.
     *
     * @param name for example {@code volume}, {@code environment production}, {@code account} or {@link #CREDENTIAL}
     * @param lost what would be deleted, by the provider's name, or the credentials that could delete it
     * @param left the youngest remaining backup that was restored; if none was, the youngest remaining one
     * @param without plans without a remaining backup, if other plans that save the same resource have one
     * @param notKnown why it is uncertain that a backup would be left; then none may be counted on
     */
    public record LossScenario(
            String name, Set<String> lost, Optional<Backup> left, Set<String> without, List<String> notKnown) {

        /** The loss by a credential that can delete both the resource and its backups. */
        public static final String CREDENTIAL = "credential";

        public LossScenario {
            lost = Set.copyOf(lost);
            without = Collections.unmodifiableSet(new TreeSet<>(without));
            notKnown = List.copyOf(notKnown);
        }
    }

    /**
     * The result for one upstream.
     *
     * @param things one outlook for each resource
     * @param notKnown the facts that could not be found out, in whole sentences
     */
    public record LossForecasts(List<LossForecast> things, List<String> notKnown) {
        public LossForecasts {
            things = List.copyOf(things);
            notKnown = List.copyOf(notKnown);
        }
    }
}
