package dev.interlock.backup;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.postgres.PostgresReader;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.run.ScratchWatch;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.DirectoryReader;
import dev.interlock.backup.source.SourceReader;
import dev.interlock.backup.source.SourceSnapshot;
import dev.interlock.backup.sqlite.SqliteReader;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Proves a backup: lets the plan's tool take it, restores it, and compares it with its source. Every result is
 * reported, and only a backup without faults counts as restored. If this process dies there is no result.
 */
public final class BackupProof {

    private final BackupPlanConfig plan;
    private final Path scratch;
    private final ChildProcesses children;
    private final Clock clock;
    private final SecureRandom random;
    private final SourceReader source;

    /** Prepares to prove backups of {@code plan}; closing {@code children} ends the work. */
    public BackupProof(
            BackupPlanConfig plan, BackupConfig config, ChildProcesses children, Clock clock, SecureRandom random) {
        this.plan = plan;
        this.scratch = config.scratch();
        this.children = children;
        this.clock = clock;
        this.random = random;
        int user = config.user().orElse(RestoreSandbox.DEFAULT_USER);
        this.source = switch (plan.source()) {
            case BackupSource.Postgres postgres -> new PostgresReader(postgres, children, user);
            case BackupSource.Sqlite sqlite -> new SqliteReader(sqlite, children, user);
            case BackupSource.Directory directory -> new DirectoryReader(directory);
        };
    }

    /** Removes what killed runs left in {@code scratch}. Returns what could not be removed, with the reasons. */
    public static Map<Path, String> clear(Path scratch) throws IOException {
        return ScratchDirectory.clear(scratch);
    }

    /** Returns the backups that the tool has, oldest first. */
    public List<BackupTool.StoredBackup> list() throws IOException {
        return plan.tool().listBackups(plan.name());
    }

    /** Lets the tool take a backup if it takes any, and proves the youngest. A failure is about no earlier one. */
    public BackupAttestation run(Progress progress) throws IOException {
        return plan.tool().takes() ? taken(progress) : proved(youngest(list()), progress);
    }

    /** Proves a backup that the tool has already. */
    public BackupAttestation prove(String id, Progress progress) throws IOException {
        return proved(
                list().stream()
                        .filter(stored -> stored.id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> new BackupException("there is no backup `" + id + "`")),
                progress);
    }

    private BackupTool.StoredBackup youngest(List<BackupTool.StoredBackup> all) throws BackupException {
        if (all.isEmpty()) {
            throw new BackupException("there is no backup of `" + plan.name() + "` yet");
        }
        return all.getLast();
    }

    private BackupAttestation taken(Progress progress) throws IOException {
        Set<String> before = new HashSet<>();
        list().forEach(stored -> before.add(stored.id()));
        Instant begun = clock.instant();
        Contents counted;
        Contents.Moment moment;
        try (ScratchDirectory own = scratchDirectory();
                SourceSnapshot snapshot = source.open(own.path(), progress)) {
            counted = snapshot.contents();
            moment = plan.tool().takeBackup(plan.name(), snapshot, children, own.path(), progress);
        }
        children.requireOpen();
        List<BackupTool.StoredBackup> fresh =
                list().stream().filter(stored -> !before.contains(stored.id())).toList();
        if (fresh.isEmpty()) {
            throw new BackupException("`take` succeeded, but the list of backups has none that it did not have before");
        }
        return judged(new BackupTool.StoredBackup(fresh.getLast().id(), begun), counted, moment, progress);
    }

    private BackupAttestation proved(BackupTool.StoredBackup stored, Progress progress) throws IOException {
        Contents counted;
        try (ScratchDirectory own = scratchDirectory();
                SourceSnapshot snapshot = source.open(own.path(), progress)) {
            counted = snapshot.contents();
        }
        return judged(stored, counted, Contents.Moment.EARLIER, progress);
    }

    private BackupAttestation judged(
            BackupTool.StoredBackup stored, Contents counted, Contents.Moment moment, Progress progress)
            throws IOException {
        Instant begun = clock.instant();
        List<String> wrong = new ArrayList<>();
        Optional<Contents> restored = Optional.empty();
        long changed = 0;
        try {
            Contents found = restored(stored.id(), progress);
            restored = Optional.of(found);
            Contents.Comparison comparison = counted.compare(found, moment, () -> countedAgain(progress));
            wrong.addAll(comparison.wrong());
            changed = comparison.changed();
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException | MalformedException e) {
            wrong.add("it cannot be restored: " + e.getMessage());
        }
        children.requireOpen(); // an interruption may look like a fault of the backup
        Instant ended = clock.instant();
        if (stored.takenAt().isAfter(ended)) {
            wrong.add("it says that it was taken at " + stored.takenAt() + ", which is in the future");
        }
        Separation separation = separation();
        if (separation == Separation.SAME) {
            wrong.add("it is on the same device as its source");
        }
        return BackupAttestation.of(
                plan,
                source.origin(),
                stored,
                restored.orElse(counted).amount(),
                separation,
                changed,
                ended,
                Duration.between(begun, ended),
                wrong);
    }

    private Contents countedAgain(Progress progress) throws IOException {
        try (ScratchDirectory own = scratchDirectory();
                SourceSnapshot snapshot = source.open(own.path(), progress)) {
            return snapshot.contents();
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            throw new InconclusiveException("its source cannot be counted again: " + e.getMessage(), e);
        }
    }

    /** Restores the backup as far as there is space, and counts it. */
    private Contents restored(String id, Progress progress) throws IOException {
        try (ScratchDirectory own = scratchDirectory();
                ScratchDirectory tools = scratchDirectory();
                ScratchWatch watch = ScratchWatch.begin(scratch, children::close)) {
            try {
                Path into = PrivateFiles.directory(tools.path().resolve("restored"));
                Path work = PrivateFiles.directory(tools.path().resolve("work"));
                progress.at("restoring", 0);
                Path found = plan.tool().restoreBackup(plan.name(), id, children, into, work);
                Contents contents = source.restored(found, own.path(), watch.over(progress));
                watch.requireRoomToTheEnd(); // otherwise the effects of a full disk would count as faults of the backup
                return contents;
            } catch (IOException | RuntimeException e) {
                watch.requireRoomToTheEnd(); // a child killed for lack of space must not decide the result
                throw e;
            }
        }
    }

    private Separation separation() throws IOException {
        Optional<Path> store = plan.tool().directory();
        if (store.isEmpty() || !Files.exists(store.get())) {
            return Separation.UNKNOWN;
        }
        try (ScratchDirectory own = scratchDirectory()) {
            return source.separationFrom(store.get(), own.path());
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException | UncheckedIOException e) {
            return Separation.UNKNOWN;
        }
    }

    private ScratchDirectory scratchDirectory() throws IOException {
        return ScratchDirectory.make(scratch, random);
    }
}
