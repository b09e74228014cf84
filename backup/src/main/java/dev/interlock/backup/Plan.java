package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.source.Source;
import dev.interlock.evidence.SshPublicKey;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is backed up, and where to, as one machine's configuration says it.
 *
 * @param name as people and the seal call it
 * @param of what it is a copy of, as the seal names that
 * @param source where it comes from
 * @param target where backups are kept
 * @param every how old the youngest backup may become before somebody should look
 * @param keep which backups stay
 * @param attester whose word about its backups counts; anybody's, where that is not known
 */
public record Plan(
        String name,
        Resource of,
        Source source,
        Target target,
        Duration every,
        Retention keep,
        Optional<SshPublicKey> attester) {

    /** It becomes a directory's name. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    /** One of a machine that attests nothing. */
    public Plan(String name, Resource of, Source source, Target target, Duration every, Retention keep) {
        this(name, of, source, target, every, keep, Optional.empty());
    }

    /**
     * Each dump that goes to S3 keeps a part of what it sends in memory: no more go there at once than have room.
     *
     * @throws IllegalArgumentException if it could not be carried out
     */
    public Plan {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a backup's name is lower-case letters, digits and `-`, at most 40, not `" + name + "`");
        }
        if (!every.isPositive()) {
            throw new IllegalArgumentException("`every` is longer than no time at all");
        }
        if (target instanceof Target.S3 && source instanceof Source.Postgres dump) {
            source = dump.withAtMost(Target.S3.MOST_JOBS);
        }
    }

    /**
     * Where its backups lie.
     *
     * @throws BackupException if its credentials cannot be used
     */
    Shelf shelf(Encryption encryption, Children children, Clock clock) throws IOException {
        return Shelf.of(name, target, encryption, children, clock);
    }
}
