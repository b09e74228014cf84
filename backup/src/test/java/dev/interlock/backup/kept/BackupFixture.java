package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.Resource;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRestore;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.ListingCache;
import dev.interlock.backup.PlanJob;
import dev.interlock.backup.RestoreTest;
import dev.interlock.backup.Retention;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A target on a device of its own, a scratch directory and a key, as a plan needs them. It can also do what only the
 * owner of the key could do.
 */
public final class BackupFixture implements AutoCloseable {

    private static final String PLAN = "files";

    public final Path target;
    public final Path scratch;
    private Encryption encryption;
    private final SecureRandom random = new SecureRandom();
    private final ChildProcesses looking = new ChildProcesses();
    private ChildProcesses children = new ChildProcesses();
    private boolean handsOn = true;

    /** @param own a directory of the test's */
    public BackupFixture(Path own) throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        target = Files.createTempDirectory(memory, "shelves");
        scratch = Files.createTempDirectory(ClusterCache.scratches(), "il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        ClusterCache.to(scratch);
        encryption = newKey(own.resolve("backup.key"));
    }

    /** Makes its scratch directory like a new one, so that nothing of it reaches another test. */
    public void beginAlone() throws IOException {
        handsOn = false;
        ClusterCache.from(scratch);
    }

    private static Encryption newKey(Path file) throws IOException {
        Encryption.newKey(file);
        return Encryption.of(file);
    }

    /** Uses another key for all encryption and decryption from now on. */
    public void changeKey(Path file) throws IOException {
        encryption = newKey(file);
    }

    public BackupPlanConfig plan(BackupSource source) {
        return plan(source, target);
    }

    public BackupPlanConfig plan(BackupSource source, Path to) {
        return new BackupPlanConfig(
                PLAN,
                Resource.parse("railway:volume/v1"),
                source,
                new BackupTarget.Directory(to, Optional.empty()),
                Duration.ofHours(24),
                Retention.USUAL,
                Optional.empty());
    }

    /** Returns the job of {@code plan}, with programs that an earlier one has not ended. */
    private PlanJob job(BackupPlanConfig plan) {
        return job(plan, scratch, Clock.systemUTC());
    }

    private PlanJob job(BackupPlanConfig plan, Path where, Clock clock) {
        children = new ChildProcesses();
        return new PlanJob(plan, encryption, where, Optional.empty(), children, clock, random);
    }

    public BackupRun.BackupResult take(BackupPlanConfig plan, Progress progress) throws IOException {
        return new BackupRun(job(plan)).take(progress);
    }

    public String take(BackupPlanConfig plan) throws IOException {
        return take(plan, (_, _) -> {}).id();
    }

    /** Takes a backup while the clock says {@code moment}. */
    public String takeAt(BackupPlanConfig plan, Instant moment) throws IOException {
        return new BackupRun(job(plan, scratch, Clock.fixed(moment, ZoneOffset.UTC)))
                .take((_, _) -> {})
                .id();
    }

    public BackupAttestation verify(BackupPlanConfig plan, String id) throws IOException {
        return verify(plan, id, (_, _) -> {});
    }

    public BackupAttestation verify(BackupPlanConfig plan, String id, Progress progress) throws IOException {
        return verify(plan, id, scratch, progress);
    }

    /** Tests {@code id} in another scratch directory. */
    public BackupAttestation verify(BackupPlanConfig plan, String id, Path elsewhere, Progress progress)
            throws IOException {
        return new RestoreTest(job(plan, elsewhere, Clock.systemUTC())).verify(id, progress);
    }

    /** Tests it like `backup verify`, with any signature, and stores the note. */
    public BackupAttestation verifyAndNote(BackupPlanConfig plan, String id) throws IOException {
        RestoreTest verification = verification(plan);
        BackupAttestation found = verification.verify(id, (_, _) -> {});
        verification.note(found, "-");
        return found;
    }

    public RestoreTest verification(BackupPlanConfig plan) throws IOException {
        return new RestoreTest(job(plan));
    }

    public BackupListing listing(BackupPlanConfig plan) throws IOException {
        return BackupListing.of(plan, encryption);
    }

    /** Lists the backups like a repeated check. */
    public BackupListing listing(BackupPlanConfig plan, ListingCache remembered, Optional<String> counted)
            throws IOException {
        return BackupListing.of(TargetCheck.periodic(), plan, encryption, remembered, counted);
    }

    public BackupRun.PruneResult prune(BackupPlanConfig plan) throws IOException {
        return new BackupRun(job(plan)).prune(_ -> false);
    }

    public BackupRun.PruneResult prune(BackupPlanConfig plan, Predicate<String> used) throws IOException {
        return new BackupRun(job(plan)).prune(used);
    }

    /** Returns the one that is tested unless another is named. */
    public String youngest(BackupPlanConfig plan) throws IOException {
        return youngest(plan, Optional.empty());
    }

    /** Returns the same for a gateway that counts on one. */
    public String youngest(BackupPlanConfig plan, Optional<String> counted) throws IOException {
        return new RestoreTest(job(plan)).youngest(counted, listing(plan));
    }

    public RestoreResult recover(BackupPlanConfig plan, String id, Path into, Progress progress) throws IOException {
        return recover(plan, id, new RestoreDestination.RestorePath(into), progress);
    }

    public RestoreResult recover(BackupPlanConfig plan, String id, String called) throws IOException {
        return recover(plan, id, new RestoreDestination.NamedDestination(called), (_, _) -> {});
    }

    public RestoreResult recover(BackupPlanConfig plan, String id, RestoreDestination into, Progress progress)
            throws IOException {
        return new BackupRestore(job(plan)).into(into, id, progress);
    }

    public RestoreResult recover(BackupPlanConfig plan, String id, Path into) throws IOException {
        return recover(plan, id, into, (_, _) -> {});
    }

    /** Ends the running work, like a signal. */
    public void interrupt() {
        children.close();
    }

    public BackupRepository shelf(BackupPlanConfig plan) throws IOException {
        return BackupRepository.of(plan.name(), plan.target(), encryption, looking, Clock.systemUTC());
    }

    /** Returns the directory with the backups of {@code plan}. */
    public Path directory(BackupPlanConfig plan) {
        return ((BackupTarget.Directory) plan.target()).path().resolve(PLAN);
    }

    public Path file(BackupPlanConfig plan, String id, String name) {
        return directory(plan).resolve(id).resolve(name);
    }

    /**
     * Damages each file of a backup as disks and people do, and requires that a restore test finds it. It repairs each
     * damage again, and requires that this is found as well.
     */
    public void assertDamageIsFound(BackupPlanConfig plan, String id) throws IOException {
        for (String name : shelf(plan).manifest(id).files().keySet()) {
            assertDamageIsFound(plan, id, name);
        }
        assertThat(verify(plan, id).faults()).isEmpty();
    }

    private void assertDamageIsFound(BackupPlanConfig plan, String id, String name) throws IOException {
        Path stored = file(plan, id, name);
        byte[] right = Files.readAllBytes(stored);
        Files.write(stored, Arrays.copyOf(right, right.length - 1));
        assertThat(verify(plan, id).faults())
                .containsExactly("its " + name + " has " + (right.length - 1) + " bytes, and had " + right.length
                        + ": it is cut off");
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(stored, altered);
        assertThat(verify(plan, id).faults())
                .containsExactly(
                        "it cannot be restored: its " + name + " was altered, truncated or swapped with another");
        Files.delete(stored);
        assertThat(verify(plan, id).faults())
                .containsExactly("its " + name + " is missing, and had " + right.length + " bytes");
        Files.write(stored, right);
    }

    /** Returns the content of a compressed file of a backup. */
    public byte[] unpacked(BackupPlanConfig plan, String id, String name) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(plain(plan, id, name)))) {
            return in.readAllBytes();
        }
    }

    public byte[] plain(BackupPlanConfig plan, String id, String name) throws IOException {
        try (InputStream in = shelf(plan).decrypted(Files.newInputStream(file(plan, id, name)), id, name)) {
            return in.readAllBytes();
        }
    }

    public static byte[] packed(byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(content);
        }
        return packed.toByteArray();
    }

    /** Replaces a saved file with {@code plain} and corrects all digests, as only the owner of the key could. */
    public void forge(BackupPlanConfig plan, String id, String name, byte[] plain) throws IOException {
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try (OutputStream out = encryption.into(encrypted, PLAN, id, name)) {
            out.write(plain);
        }
        byte[] bytes = encrypted.toByteArray();
        Files.write(file(plan, id, name), bytes);
        BackupManifest.StoredFile file =
                new BackupManifest.StoredFile(bytes.length, Bytes.of(bytes).sha256(), plain.length);
        rewrite(plan, id, was -> {
            Map<String, BackupManifest.StoredFile> files = new TreeMap<>(was.files());
            files.put(name, file);
            return with(was, files, was.holding());
        });
    }

    public void rewrite(BackupPlanConfig plan, String id, UnaryOperator<BackupManifest> change) throws IOException {
        BackupManifest manifest = change.apply(shelf(plan).manifest(id));
        Path file = file(plan, id, BackupStorage.MANIFEST);
        Files.delete(file);
        try (OutputStream out = encryption.into(Files.newOutputStream(file), PLAN, id, BackupStorage.MANIFEST)) {
            out.write(manifest.json().canonical());
        }
    }

    public static BackupManifest with(
            BackupManifest was, Map<String, BackupManifest.StoredFile> files, BackupContent holding) {
        return new BackupManifest(
                was.plan(), was.id(), was.of(), was.takenAt(), was.origin(), was.separation(), files, holding);
    }

    @Override
    public void close() throws IOException {
        children.close();
        looking.close();
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left).allMatch(path -> path.getFileName().toString().startsWith("cluster-"));
        }
        if (handsOn) {
            ClusterCache.from(scratch);
        }
        OwnerFiles.removeTree(target);
        OwnerFiles.removeTree(scratch);
    }
}
