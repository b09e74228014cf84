package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Custody;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one call could do to something that holds data, told before anybody makes it.
 *
 * @param upstream where it is
 * @param resource what would be destroyed
 * @param environments every environment that would lose it
 * @param lostBackups backups that would go with it
 * @param survivors backups that would remain
 * @param concerns what a person should mend; empty if there is nothing
 */
public record Exposure(
        String upstream,
        Resource resource,
        Set<String> environments,
        List<Backup> lostBackups,
        List<Backup> survivors,
        Set<Concern> concerns) {

    /** What is wrong, as machines are told. */
    public enum Concern {
        /** A protected environment and another one share it: work in the one reaches the other. */
        SHARED,
        /** Every backup that is known lies in the failure domain of what it is a backup of. */
        BACKUPS_DIE_WITH_IT,
        /** No backup is known at all, or none of one of the plans that save it. */
        NO_BACKUP,
        /** A backup would remain, and nobody has ever restored it. */
        NEVER_RESTORED,
        /** Whatever would remain, a credential that can delete it can delete every backup too. */
        SHARED_CREDENTIAL,
        /** A backup would remain, and nobody has said which credentials can delete it. */
        CREDENTIAL_NOT_KNOWN,
        /** Nobody says where it is, so it counts as protected. */
        UNPLACED,
        /** The seal knows it and its provider lists it not: gone, or out of sight; it counts as protected. */
        NOT_LISTED;

        /** As {@code backups-die-with-it}. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * One.
     *
     * @param listed whether its provider lists it, or nobody could be asked
     */
    static Exposure of(Seal seal, String upstream, Placement placement, BlastRadius radius, boolean listed) {
        Set<Concern> concerns = new TreeSet<>(saved(seal, placement.resource(), radius));
        if (!placement.known()) {
            concerns.add(listed ? Concern.UNPLACED : Concern.NOT_LISTED);
        } else if (isShared(seal, placement.environments())) {
            concerns.add(Concern.SHARED);
        }
        return new Exposure(
                upstream,
                placement.resource(),
                placement.environments(),
                radius.lostBackups(),
                radius.survivors(),
                concerns);
    }

    /** The plans of which nothing would remain, copies of each other as {@code one or other}. */
    public List<String> nothingLeftOf(Seal seal) {
        return seal.backups().groups(resource).values().stream()
                .filter(plans -> of(plans, survivors).isEmpty())
                .map(plans -> String.join(" or ", plans))
                .toList();
    }

    /** One of which nobody says that it holds data: that environments share it is all that can be wrong. */
    static Optional<Exposure> ofShared(Seal seal, String upstream, Placement placement) {
        return isShared(seal, placement.environments())
                ? Optional.of(new Exposure(
                        upstream,
                        placement.resource(),
                        placement.environments(),
                        List.of(),
                        List.of(),
                        Set.of(Concern.SHARED)))
                : Optional.empty();
    }

    /** What the one plan brings back, the other does not: each must leave something. */
    private static Set<Concern> saved(Seal seal, Resource resource, BlastRadius radius) {
        Collection<Set<String>> groups = seal.backups().groups(resource).values();
        // Copies of what another provider has may lie in it, and do not save it.
        List<Backup> lost = radius.lostBackups().stream()
                .filter(backup -> backup.of().provider().equals(resource.provider()))
                .toList();
        if (groups.isEmpty()) {
            return saved(seal, lost, radius.survivors());
        }
        Set<Concern> concerns = new TreeSet<>();
        groups.forEach(plans -> concerns.addAll(saved(seal, of(plans, lost), of(plans, radius.survivors()))));
        return concerns;
    }

    /** What no plan has taken is a copy of all of it. */
    private static List<Backup> of(Set<String> plans, List<Backup> backups) {
        return backups.stream()
                .filter(backup -> backup.plan().map(plans::contains).orElse(true))
                .toList();
    }

    private static Set<Concern> saved(Seal seal, List<Backup> lost, List<Backup> survivors) {
        Set<Concern> concerns = new TreeSet<>();
        if (survivors.isEmpty()) {
            concerns.add(lost.isEmpty() ? Concern.NO_BACKUP : Concern.BACKUPS_DIE_WITH_IT);
        } else if (survivors.stream().allMatch(backup -> backup.restoredAt().isEmpty())) {
            concerns.add(Concern.NEVER_RESTORED);
        }
        custody(seal, survivors).ifPresent(concerns::add);
        return concerns;
    }

    /** What one credential could do to all that would remain; one backup out of its reach is enough. */
    private static Optional<Concern> custody(Seal seal, List<Backup> survivors) {
        List<Custody> kept =
                survivors.stream().map(one -> Custodians.of(seal, one)).toList();
        if (kept.isEmpty() || kept.stream().anyMatch(Custody::isApart)) {
            return Optional.empty();
        }
        return Optional.of(
                kept.stream().allMatch(one -> one.shared().isPresent())
                        ? Concern.SHARED_CREDENTIAL
                        : Concern.CREDENTIAL_NOT_KNOWN);
    }

    private static boolean isShared(Seal seal, Set<String> environments) {
        long guarded =
                environments.stream().filter(name -> isProtected(seal, name)).count();
        return guarded > 0 && guarded < environments.size();
    }

    private static boolean isProtected(Seal seal, String environment) {
        Seal.Environment known = seal.environments().get(environment);
        return known == null || known.isProtected();
    }
}
