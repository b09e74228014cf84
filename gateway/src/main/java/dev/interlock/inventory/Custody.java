package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Seal;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which credentials could delete both a backup and what it is a copy of. What a slot of the vault is used for is not
 * what its credential is able to do: each of an upstream's counts as able to delete whatever lies there.
 *
 * @param shared their names, none if none can; empty if nobody has said who can delete the backup
 */
record Custody(Optional<Set<String>> shared) {

    /** Whether it is known that no credential reaches both. */
    boolean isApart() {
        return shared.filter(Set::isEmpty).isPresent();
    }

    static Custody of(Seal seal, Backup backup) {
        Set<String> ofData = credentials(seal, backup.of().provider());
        Optional<Set<String>> said = sealed(seal, backup);
        Set<String> both = new TreeSet<>(credentials(seal, provider(backup.domain())));
        said.ifPresent(both::addAll);
        both.retainAll(ofData);
        boolean known = said.isPresent() || !both.isEmpty();
        return new Custody(known ? Optional.of(both) : Optional.empty());
    }

    /** What the seal says of the plan that {@code backup} was taken by. */
    private static Optional<Set<String>> sealed(Seal seal, Backup backup) {
        return backup.plan()
                .flatMap(plan -> Optional.ofNullable(seal.backups().plans().get(plan)))
                .flatMap(BackupPlans.Plan::deletableBy);
    }

    static String provider(String domain) {
        int colon = domain.indexOf(':');
        return colon < 0 ? domain : domain.substring(0, colon);
    }

    private static Set<String> credentials(Seal seal, String provider) {
        Set<String> names = new TreeSet<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            if (Objects.equals(upstream.catalog(), provider)) {
                upstream.credentials().forEach(slot -> names.add(slot.name()));
                upstream.resolver().ifPresent(names::add);
            }
        }
        return names;
    }
}
