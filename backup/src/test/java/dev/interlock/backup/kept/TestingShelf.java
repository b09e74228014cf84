package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import dev.interlock.backup.Attested;
import dev.interlock.backup.Job;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Looks;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Recovery;
import dev.interlock.backup.Remembered;
import dev.interlock.backup.Retention;
import dev.interlock.backup.Taking;
import dev.interlock.backup.Verification;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Digests;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.Destination;
import dev.interlock.backup.source.Recovered;
import dev.interlock.backup.source.Source;
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
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** A target on a device of its own, a scratch and a key: what a plan needs; and what only who has the key could do. */
public final class TestingShelf implements AutoCloseable {

    private static final String PLAN = "files";

    public final Path target;
    public final Path scratch;
    private Encryption encryption;
    private final SecureRandom random = new SecureRandom();
    private final Children looking = new Children();
    private Children children = new Children();
    private boolean handsOn = true;

    /** @param own a directory of the test's */
    public TestingShelf(Path own) throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        target = Files.createTempDirectory(memory, "shelves");
        scratch = Files.createTempDirectory(HandedOn.scratches(), "il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        HandedOn.to(scratch);
        encryption = newKey(own.resolve("backup.key"));
    }

    /** From now on its scratch is as it would be the first time, and nothing of it reaches another test. */
    public void beginAlone() throws IOException {
        handsOn = false;
        HandedOn.from(scratch);
    }

    private static Encryption newKey(Path file) throws IOException {
        Encryption.newKey(file);
        return Encryption.of(file);
    }

    /** From now on everything is encrypted, and decrypted, with another key. */
    public void changeKey(Path file) throws IOException {
        encryption = newKey(file);
    }

    public Plan plan(Source source) {
        return plan(source, target);
    }

    public Plan plan(Source source, Path to) {
        return new Plan(
                PLAN,
                Resource.parse("railway:volume/v1"),
                source,
                new Target.Directory(to),
                Duration.ofHours(24),
                Retention.USUAL);
    }

    /** What carrying out {@code plan} takes; by programs that the one before has not ended. */
    private Job job(Plan plan) {
        return job(plan, scratch, Clock.systemUTC());
    }

    private Job job(Plan plan, Path where, Clock clock) {
        children = new Children();
        return new Job(plan, encryption, where, Optional.empty(), children, clock, random);
    }

    public Taking.Taken take(Plan plan, Progress progress) throws IOException {
        return new Taking(job(plan)).take(progress);
    }

    public String take(Plan plan) throws IOException {
        return take(plan, (_, _) -> {}).id();
    }

    /** Takes one while the clock says {@code moment}. */
    public String takeAt(Plan plan, Instant moment) throws IOException {
        return new Taking(job(plan, scratch, Clock.fixed(moment, ZoneOffset.UTC)))
                .take((_, _) -> {})
                .id();
    }

    public Attested verify(Plan plan, String id) throws IOException {
        return verify(plan, id, (_, _) -> {});
    }

    public Attested verify(Plan plan, String id, Progress progress) throws IOException {
        return verify(plan, id, scratch, progress);
    }

    /** Tries {@code id} in another scratch. */
    public Attested verify(Plan plan, String id, Path elsewhere, Progress progress) throws IOException {
        return new Verification(job(plan, elsewhere, Clock.systemUTC())).verify(id, progress);
    }

    /** As `backup verify` does, with whatever signature; what was noted then counts. */
    public Attested verifyAndNote(Plan plan, String id) throws IOException {
        Verification verification = verification(plan);
        Attested found = verification.verify(id, (_, _) -> {});
        verification.note(found, "-");
        return found;
    }

    public Verification verification(Plan plan) throws IOException {
        return new Verification(job(plan));
    }

    public Listing listing(Plan plan) throws IOException {
        return Listing.of(plan, encryption);
    }

    /** As whoever looks again and again does. */
    public Listing listing(Plan plan, Remembered remembered, Optional<String> counted) throws IOException {
        return Listing.of(Looks.often(), plan, encryption, remembered, counted);
    }

    public Taking.Pruned prune(Plan plan) throws IOException {
        return new Taking(job(plan)).prune();
    }

    public Taking.Pruned prune(Plan plan, Predicate<String> used) throws IOException {
        return new Taking(job(plan)).prune(used);
    }

    /** The one that is tried unless another is named. */
    public String youngest(Plan plan) throws IOException {
        return youngest(plan, Optional.empty());
    }

    /** The same where the gateway counts on one. */
    public String youngest(Plan plan, Optional<String> counted) throws IOException {
        return new Verification(job(plan)).youngest(counted, listing(plan));
    }

    public Recovered recover(Plan plan, String id, Path into, Progress progress) throws IOException {
        return recover(plan, id, new Destination.At(into), progress);
    }

    public Recovered recover(Plan plan, String id, String called) throws IOException {
        return recover(plan, id, new Destination.Called(called), (_, _) -> {});
    }

    public Recovered recover(Plan plan, String id, Destination into, Progress progress) throws IOException {
        return new Recovery(job(plan)).into(into, id, progress);
    }

    public Recovered recover(Plan plan, String id, Path into) throws IOException {
        return recover(plan, id, into, (_, _) -> {});
    }

    /** Ends what runs, as a signal would. */
    public void interrupt() {
        children.close();
    }

    public Shelf shelf(Plan plan) throws IOException {
        return Shelf.of(plan.name(), plan.target(), encryption, looking, Clock.systemUTC());
    }

    /** Where the backups of {@code plan} lie. */
    public Path directory(Plan plan) {
        return ((Target.Directory) plan.target()).path().resolve(PLAN);
    }

    public Path file(Plan plan, String id, String name) {
        return directory(plan).resolve(id).resolve(name);
    }

    /**
     * Does to each file of a backup on the target what disks and people do, each of which is found; and puts it right
     * again, which is found as well.
     */
    public void assertDamageIsFound(Plan plan, String id) throws IOException {
        for (String name : shelf(plan).manifest(id).files().keySet()) {
            assertDamageIsFound(plan, id, name);
        }
        assertThat(verify(plan, id).wrong()).isEmpty();
    }

    private void assertDamageIsFound(Plan plan, String id, String name) throws IOException {
        Path stored = file(plan, id, name);
        byte[] right = Files.readAllBytes(stored);
        Files.write(stored, Arrays.copyOf(right, right.length - 1));
        assertThat(verify(plan, id).wrong())
                .containsExactly("its " + name + " has " + (right.length - 1) + " bytes, and had " + right.length
                        + ": it is cut off");
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(stored, altered);
        assertThat(verify(plan, id).wrong())
                .containsExactly(
                        "it does not restore: its " + name + " was altered, cut off or put in the place of another");
        Files.delete(stored);
        assertThat(verify(plan, id).wrong())
                .containsExactly("its " + name + " is missing, and had " + right.length + " bytes");
        Files.write(stored, right);
    }

    /** What a compressed file of a backup holds. */
    public byte[] unpacked(Plan plan, String id, String name) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(plain(plan, id, name)))) {
            return in.readAllBytes();
        }
    }

    public byte[] plain(Plan plan, String id, String name) throws IOException {
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

    /** As only somebody with the key could: {@code plain} in the place of what was saved, and all digests right. */
    public void forge(Plan plan, String id, String name, byte[] plain) throws IOException {
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try (OutputStream out = encryption.into(encrypted, PLAN, id, name)) {
            out.write(plain);
        }
        byte[] bytes = encrypted.toByteArray();
        Files.write(file(plan, id, name), bytes);
        Manifest.StoredFile file = new Manifest.StoredFile(
                bytes.length, HexFormat.of().formatHex(Digests.sha256().digest(bytes)), plain.length);
        rewrite(plan, id, was -> {
            Map<String, Manifest.StoredFile> files = new TreeMap<>(was.files());
            files.put(name, file);
            return with(was, files, was.holding());
        });
    }

    public void rewrite(Plan plan, String id, UnaryOperator<Manifest> change) throws IOException {
        Manifest manifest = change.apply(shelf(plan).manifest(id));
        Path file = file(plan, id, Place.MANIFEST);
        Files.delete(file);
        try (OutputStream out = encryption.into(Files.newOutputStream(file), PLAN, id, Place.MANIFEST)) {
            out.write(manifest.json().canonical());
        }
    }

    public static Manifest with(Manifest was, Map<String, Manifest.StoredFile> files, Holding holding) {
        return new Manifest(
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
            HandedOn.from(scratch);
        }
        PrivateFiles.removeTree(target);
        PrivateFiles.removeTree(scratch);
    }
}
