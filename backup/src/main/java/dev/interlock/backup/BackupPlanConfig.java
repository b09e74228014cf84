package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.SshPublicKey;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One backup plan in a machine's configuration: the source, the target and the rules.
 *
 * @param name the name that people and the seal use
 * @param of the saved resource, as the seal names it
 * @param source the source of the data
 * @param target the storage of the backups
 * @param every the age of the youngest backup above which people are alerted
 * @param keep the retention rules
 * @param attester the key whose attestations are accepted; empty where it is unknown, then anybody's are
 */
public record BackupPlanConfig(
        String name,
        Resource of,
        BackupSource source,
        BackupTarget target,
        Duration every,
        Retention keep,
        Optional<SshPublicKey> attester) {

    /** The form of a name. It becomes a directory's name. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    /**
     * Limits the parallel dumps to S3 to the available memory: each one buffers a part of its upload.
     *
     * @throws IllegalArgumentException if the plan could not be carried out
     */
    public BackupPlanConfig {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a backup's name may contain only lower-case letters, digits and `-`, at " + "most 40, not `" + name
                            + "`");
        }
        if (!every.isPositive()) {
            throw new IllegalArgumentException("`every` must be longer than zero");
        }
        if (target instanceof BackupTarget.S3 && source instanceof BackupSource.Postgres dump) {
            source = dump.withAtMost(BackupTarget.S3.MOST_JOBS);
        }
    }

    /**
     * Returns the repository of its backups.
     *
     * @throws dev.interlock.backup.run.BackupException if its credentials cannot be used
     */
    BackupRepository repository(Encryption encryption, ChildProcesses children, Clock clock) throws IOException {
        return BackupRepository.of(name, target, encryption, children, clock);
    }
}
