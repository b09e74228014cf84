package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupScheduler;
import dev.interlock.backup.BackupStatus;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reports to the gateway whether the backup that it counts on was seen. If it was not, it may be gone, and no backup of
 * its plan counts until it is seen. Such reports need no signature. A report that failed, because the gateway was
 * restarting or busy, is repeated with the next check.
 *
 * <p>Threading: any thread may check, but for each plan one at a time.
 */
final class TargetCheckReporter {

    private static final String SEEN = ": the backup that counted is on its target again, and " + "counts again";

    private static final String UNSEEN =
            ": until the backup that counted is seen on its target again, the gateway counts " + "none of its backups";

    private static final String UNKEPT = BackupGateway.UNKEPT + "`backup run` reports it again each minute";

    private static final String SEEN_UNHEARD =
            ": the gateway could not be notified that the backup that counted is on its target " + "again: ";

    private static final String UNSEEN_UNHEARD =
            ": the gateway could not be notified that the backup that counted is not"
                    + " seen on its target, and still counts it (`backup run` reports it again each minute): ";

    private final Terminal terminal;
    private final BackupGateway gateway;
    private final Set<String> owed = ConcurrentHashMap.newKeySet();
    private volatile boolean ending;

    TargetCheckReporter(Terminal terminal, BackupGateway gateway) {
        this.terminal = terminal;
        this.gateway = gateway;
    }

    /** Reads the target of one plan. */
    interface TargetInspector {

        /** Checks the target, and reports the findings. */
        BackupScheduler.TargetState check(Optional<BackupStatus> standing) throws IOException;

        /** Returns whether the target has {@code id}. */
        boolean has(String id) throws IOException;
    }

    /**
     * Stops all reports. When a person ends this process, its programs end too and their checks fail; that must not be
     * reported.
     */
    void end() {
        ending = true;
    }

    /** Checks the target of {@code plan}, and reports the result. */
    BackupScheduler.TargetState check(BackupPlanConfig plan, TargetInspector eyes) throws IOException {
        if (hasUnsentReport(plan)) {
            tell(plan, false); // before the check, which may take long
        }
        Optional<BackupStatus> standing = gateway.standing(plan);
        try {
            BackupScheduler.TargetState found = eyes.check(standing);
            boolean isSeen = isSeen(plan, found, eyes);
            if (isSeen) {
                owed.remove(plan.name());
            }
            if (isSeen == found.standing().isUnchecked()) {
                tell(plan, isSeen);
            }
            return found;
        } catch (IOException | RuntimeException | Error e) {
            tell(plan, false);
            throw e;
        }
    }

    /** Returns whether the gateway still lacks the report that its backup of {@code plan} was not seen. */
    boolean hasUnsentReport(BackupPlanConfig plan) {
        return owed.contains(plan.name());
    }

    private void tell(BackupPlanConfig plan, boolean seen) {
        try {
            Optional<BackupStatus> known = gateway.asked(plan);
            boolean isNews = known.filter(one -> one.isUnchecked() == seen).isPresent();
            boolean isKept = true;
            if (isNews || (known.isPresent() && !seen && hasUnsentReport(plan))) {
                if (ending) {
                    return;
                }
                isKept = gateway.reportCheck(plan, seen);
            }
            if (isNews) {
                terminal.problem(plan.name() + (seen ? SEEN : UNSEEN));
            }
            if (isKept) {
                owed.remove(plan.name());
            } else if (owed.add(plan.name())) {
                terminal.problem(plan.name() + UNKEPT);
            }
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            if (!ending && (seen || owed.add(plan.name()))) {
                terminal.problem(plan.name() + (seen ? SEEN_UNHEARD : UNSEEN_UNHEARD) + e.getMessage());
            }
        }
    }

    /**
     * Returns whether the backup that the gateway counts on was seen. If not, the gateway may count on another by now:
     * it got the report that this one is gone, or a younger one was restored. Or that attestation could not be signed,
     * or was rejected.
     */
    private boolean isSeen(BackupPlanConfig plan, BackupScheduler.TargetState found, TargetInspector eyes)
            throws IOException {
        Optional<String> counted = found.standing().counted();
        if (counted.isEmpty() || isSound(found.listing(), counted.get())) {
            return true;
        }
        Optional<BackupStatus> now = gateway.standing(plan);
        Optional<String> next = now.flatMap(BackupStatus::counted);
        if (now.isEmpty() || next.equals(counted)) {
            return false;
        }
        return next.isEmpty()
                || (found.listing().has(next.get()) ? isSound(found.listing(), next.get()) : eyes.has(next.get()));
    }

    private static boolean isSound(BackupListing listing, String id) {
        return listing.has(id) && !listing.unusable().containsKey(id);
    }

    /** Reports that {@code id} of {@code plan} was not seen, if the gateway still counts on it. */
    void gone(BackupPlanConfig plan, String id) {
        if (gateway.counted(plan).equals(Optional.of(id))) {
            tell(plan, false);
        }
    }
}
