package dev.interlock.inventory;

import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.evidence.BackupCustody;
import java.util.Optional;

/** Finds the credentials that can delete a backup, by the seal's plan that took it. */
final class CustodyLookup {

    private CustodyLookup() {}

    static BackupCustody of(Seal seal, Backup backup) {
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
