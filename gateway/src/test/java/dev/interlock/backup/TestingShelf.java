package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
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
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** A target on a device of its own, a scratch and a key: what a plan needs; and what only who has the key could do. */
final class TestingShelf implements AutoCloseable {

    private static final String PLAN = "files";

    final Path target;
    final Path scratch;
    private final Encryption encryption;
    private final SecureRandom random = new SecureRandom();
    private Children children = new Children();

    /** @param own a directory of the test's */
    TestingShelf(Path own) throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        target = Files.createTempDirectory(memory, "shelves");
        scratch = Files.createTempDirectory("il");
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        Path key = own.resolve("backup.key");
        Encryption.newKey(key);
        encryption = Encryption.of(key);
    }

    Plan plan(Source source) {
        return plan(source, target);
    }

    Plan plan(Source source, Path to) {
        return new Plan(
                PLAN,
                Resource.parse("railway:volume/v1"),
                source,
                new Target.Directory(to),
                Duration.ofHours(24),
                Retention.USUAL);
    }

    Taking.Taken take(Plan plan, Progress progress) throws IOException {
        children = new Children();
        return new Taking(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random)
                .take(progress);
    }

    String take(Plan plan) throws IOException {
        return take(plan, (_, _) -> {}).id();
    }

    Attested verify(Plan plan, String id) throws IOException {
        children = new Children();
        return new Verification(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random)
                .verify(id, (_, _) -> {});
    }

    Recovery.Recovered recover(Plan plan, String id, Path into, Progress progress) throws IOException {
        children = new Children();
        return new Recovery(plan, encryption, scratch, Optional.empty(), children, Clock.systemUTC(), random)
                .into(new Destination.At(into), id, progress);
    }

    Recovery.Recovered recover(Plan plan, String id, Path into) throws IOException {
        return recover(plan, id, into, (_, _) -> {});
    }

    /** Ends what runs, as a signal would. */
    void interrupt() {
        children.close();
    }

    Shelf shelf(Plan plan) throws IOException {
        return Shelf.of(plan, encryption, Clock.systemUTC());
    }

    Path file(Plan plan, String id, String name) {
        return ((Target.Directory) plan.target())
                .path()
                .resolve(PLAN)
                .resolve(id)
                .resolve(name);
    }

    /** What a compressed file of a backup holds. */
    byte[] unpacked(Plan plan, String id, String name) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(plain(plan, id, name)))) {
            return in.readAllBytes();
        }
    }

    byte[] plain(Plan plan, String id, String name) throws IOException {
        try (InputStream in = shelf(plan).decrypted(Files.newInputStream(file(plan, id, name)), id, name)) {
            return in.readAllBytes();
        }
    }

    static byte[] packed(byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(content);
        }
        return packed.toByteArray();
    }

    /** As only somebody with the key could: {@code plain} in the place of what was saved, and all digests right. */
    void forge(Plan plan, String id, String name, byte[] plain) throws IOException {
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try (OutputStream out = encryption.into(encrypted, PLAN, id, name)) {
            out.write(plain);
        }
        byte[] bytes = encrypted.toByteArray();
        Files.write(file(plan, id, name), bytes);
        Manifest.StoredFile file = new Manifest.StoredFile(
                bytes.length, HexFormat.of().formatHex(SchemaText.sha256().digest(bytes)), plain.length);
        rewrite(plan, id, was -> {
            Map<String, Manifest.StoredFile> files = new TreeMap<>(was.files());
            files.put(name, file);
            return with(was, files, was.holding());
        });
    }

    void rewrite(Plan plan, String id, UnaryOperator<Manifest> change) throws IOException {
        Manifest manifest = change.apply(shelf(plan).manifest(id));
        Path file = file(plan, id, Shelf.MANIFEST);
        Files.delete(file);
        try (OutputStream out = encryption.into(Files.newOutputStream(file), PLAN, id, Shelf.MANIFEST)) {
            out.write(manifest.json().canonical());
        }
    }

    static Manifest with(Manifest was, Map<String, Manifest.StoredFile> files, Holding holding) {
        return new Manifest(
                was.plan(), was.id(), was.of(), was.takenAt(), was.origin(), was.separation(), files, holding);
    }

    @Override
    public void close() throws IOException {
        children.close();
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
        PrivateFiles.removeTree(target);
        PrivateFiles.removeTree(scratch);
    }
}
