package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Instant;
import java.util.Optional;

/** Questions about restore tests, rehearsals and what would be left of the data. */
public sealed interface BackupQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "backup.attest",
            users = Entitlement.SOCKET,
            receipt = "before it counts; after, if the backup is unusable",
            about =
                    "[The attestation](formats/backup.md#attestation-interlock-restorev1) and its signature. `kept` (`false`, in the receipt too) if a restart would lose a failed result: hand it in again. Refused unless a key of the seal signed it, and it is new, or could not be written at first")
    record AttestBackup(Json.Members attestation, String signature) implements BackupQuestion<AttestedBackup> {}

    record AttestedBackup(String receipt, Optional<Boolean> kept) {}

    @AdminCommand(
            name = "backup.check",
            users = Entitlement.SOCKET,
            receipt = "after it counts no more; before it counts again; none if that is known",
            about =
                    "`looked`, whether the target could be read. `kept` (`false`) if a restart would lose it: report it again. After `false`, none of the plan's backups counts until one of two events: the target can be read, or a restore test that began more than a minute later restores the counted backup")
    record CheckTarget(String plan, boolean looked) implements BackupQuestion<CheckedTarget> {}

    record CheckedTarget(
            String plan,
            boolean looked,
            boolean news,
            Optional<String> receipt,
            Optional<Boolean> recorded,
            Optional<Boolean> kept) {}

    @AdminCommand(
            name = "backup.rehearsal",
            users = Entitlement.CONSOLE,
            receipt = "before it is stored",
            about =
                    "[The rehearsal](formats/backup.md#rehearsal-interlock-rehearsalv1), or the name of an `unsigned` one. Refused unless a person of the seal signed it, and it is new")
    record SignRehearsal(Optional<Json.Members> rehearsal, Optional<String> unsigned, Json signature)
            implements BackupQuestion<SignedRehearsal> {

        public SignRehearsal {
            if (rehearsal.isPresent() == unsigned.isPresent()) {
                throw new MalformedException("`backup.rehearsal` needs either `rehearsal` or `unsigned`");
            }
        }
    }

    record SignedRehearsal(String receipt, String person) {}

    /** Hands in a rehearsal that nobody has signed. */
    @AdminCommand(
            name = "backup.rehearsal.unsigned",
            users = Entitlement.SOCKET,
            receipt = "before",
            about = "It does not count, and waits for a week under its name, `unsigned`")
    record HandInRehearsal(Json.Members rehearsal) implements BackupQuestion<UnsignedRehearsal> {}

    record UnsignedRehearsal(String unsigned, String words) {}

    @AdminCommand(
            name = "backup.plans",
            users = Entitlement.SOCKET,
            about =
                    "For each plan of the seal: `counted`, the backup that counts, if one does; `failed`, those with a failed test; `tried`, the time of each backup's last attestation; `unkept`, those whose attestation could not be written, if any (hand it in again); `unlooked`, the time since which its target could not be read, if so")
    record ListPlans() implements BackupQuestion<Plans> {}

    record Plans(Json.Members plans) {}

    @AdminCommand(
            name = "backup.status",
            users = Entitlement.CONSOLE,
            about = "`at` is a past time; now unless given. The answer is [below](#backupstatus)")
    record AskBackups(Optional<Instant> at) implements BackupQuestion<Json.Members> {}
}
