package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.evidence.BackupCustody;
import dev.interlock.evidence.Keyword;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The damage that one call could do to something that holds data, reported before anybody makes the call.
 *
 * @param upstream the upstream that has it
 * @param resource the resource that would be destroyed
 * @param environments every environment that would lose it
 * @param lostBackups backups that would be lost with it
 * @param survivors backups that would remain
 * @param concerns the problems that a person should fix; empty if there are none
 */
public record LossExposure(
        String upstream,
        Resource resource,
        Set<String> environments,
        List<Backup> lostBackups,
        List<Backup> survivors,
        Set<LossConcern> concerns) {

    /** The kinds of problems, as machines read them. */
    public enum LossConcern implements Keyword {
        /** A protected environment and another one share it: work in one affects the other. */
        SHARED,
        /** Every known backup lies in the failure domain of the resource that it saves. */
        BACKUPS_DIE_WITH_IT,
        /** No backup is known, or none of one of the plans that save it. */
        NO_BACKUP,
        /** A backup would remain, but nobody has ever restored it. */
        NEVER_RESTORED,
        /** The credentials that can delete it can delete every remaining backup too. */
        SHARED_CREDENTIAL,
        /** A backup would remain, but nobody has said which credentials can delete it. */
        CREDENTIAL_NOT_KNOWN,
        /** Nobody has placed it, so it counts as protected. */
        UNPLACED,
        /** The seal knows it but its provider does not list it. It is gone or hidden, and counts as protected. */
        NOT_LISTED;
    }

    /**
     * Assesses one resource.
     *
     * @param listed whether its provider lists it, or could not be queried
     */
    static LossExposure of(Seal seal, String upstream, Placement placement, BlastRadius radius, boolean listed) {
        Set<LossConcern> concerns = new TreeSet<>(saved(seal, placement.resource(), radius));
        if (!placement.known()) {
            concerns.add(listed ? LossConcern.UNPLACED : LossConcern.NOT_LISTED);
        } else if (isShared(seal, placement.environments())) {
            concerns.add(LossConcern.SHARED);
        }
        return new LossExposure(
                upstream,
                placement.resource(),
                placement.environments(),
                radius.lostBackups(),
                radius.survivors(),
                concerns);
    }

    /**
     * Returns the plans of which no backup would remain. Plans that copy each other are joined as {@code one or other}.
     */
    public List<String> plansWithoutBackup(Seal seal) {
        return seal.backups().groups(resource).values().stream()
                .filter(plans -> of(plans, survivors).isEmpty())
                .map(plans -> String.join(" or ", plans))
                .toList();
    }

    /** Assesses a resource that is not known to hold data. Its only possible problem is that environments share it. */
    static Optional<LossExposure> ofShared(Seal seal, String upstream, Placement placement) {
        return isShared(seal, placement.environments())
                ? Optional.of(new LossExposure(
                        upstream,
                        placement.resource(),
                        placement.environments(),
                        List.of(),
                        List.of(),
                        Set.of(LossConcern.SHARED)))
                : Optional.empty();
    }

    /**
     * Returns the problems of each group of plans. One group does not restore what another does, so each must leave a
     * backup.
     */
    private static Set<LossConcern> saved(Seal seal, Resource resource, BlastRadius radius) {
        Collection<Set<String>> groups = seal.backups().groups(resource).values();
        // Copies of another provider's resources may lie in it, but do not save it.
        List<Backup> lost = radius.lostBackups().stream()
                .filter(backup -> backup.of().provider().equals(resource.provider()))
                .toList();
        if (groups.isEmpty()) {
            return saved(seal, lost, radius.survivors());
        }
        Set<LossConcern> concerns = new TreeSet<>();
        groups.forEach(plans -> concerns.addAll(saved(seal, of(plans, lost), of(plans, radius.survivors()))));
        return concerns;
    }

    private static List<Backup> of(Set<String> plans, List<Backup> backups) {
        return backups.stream()
                .filter(backup -> backup.plan().map(plans::contains).orElse(true))
                .toList();
    }

    private static Set<LossConcern> saved(Seal seal, List<Backup> lost, List<Backup> survivors) {
        Set<LossConcern> concerns = new TreeSet<>();
        if (survivors.isEmpty()) {
            concerns.add(lost.isEmpty() ? LossConcern.NO_BACKUP : LossConcern.BACKUPS_DIE_WITH_IT);
        } else if (survivors.stream().allMatch(backup -> backup.restoredAt().isEmpty())) {
            concerns.add(LossConcern.NEVER_RESTORED);
        }
        custody(seal, survivors).ifPresent(concerns::add);
        return concerns;
    }

    private static Optional<LossConcern> custody(Seal seal, List<Backup> survivors) {
        List<BackupCustody> kept =
                survivors.stream().map(one -> custody(seal, one)).toList();
        if (kept.isEmpty() || kept.stream().anyMatch(BackupCustody::isApart)) {
            return Optional.empty();
        }
        return Optional.of(
                kept.stream().allMatch(one -> one.shared().isPresent())
                        ? LossConcern.SHARED_CREDENTIAL
                        : LossConcern.CREDENTIAL_NOT_KNOWN);
    }

    private static boolean isShared(Seal seal, Set<String> environments) {
        long guarded =
                environments.stream().filter(name -> isProtected(seal, name)).count();
        return guarded > 0 && guarded < environments.size();
    }

    static boolean isProtected(Seal seal, String environment) {
        Seal.Environment known = seal.environments().get(environment);
        return known == null || known.isProtected();
    }

    /** Finds the credentials that can delete {@code backup}, by the seal's plan that took it. */
    static BackupCustody custody(Seal seal, Backup backup) {
        return BackupCustody.of(
                SealConversion.credentials(seal),
                backup.of().toString(),
                backup.domain(),
                backup.plan()
                        .flatMap(plan ->
                                Optional.ofNullable(seal.backups().plans().get(plan)))
                        .flatMap(BackupPlans.Plan::deletableBy));
    }
}
