package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Seal;
import dev.interlock.action.Signatories;
import dev.interlock.evidence.Custody;
import java.util.Optional;

/** Finds the credentials that can delete a backup, by the seal's plan that took it. */
final class Custodians {

    private Custodians() {}

    static Custody of(Seal seal, Backup backup) {
        return Custody.of(
                Signatories.credentials(seal),
                backup.of().toString(),
                backup.domain(),
                backup.plan()
                        .flatMap(plan ->
                                Optional.ofNullable(seal.backups().plans().get(plan)))
                        .flatMap(BackupPlans.Plan::deletableBy));
    }
}
