package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.run.OwnerFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A server from Maven Central that is newer than the installed one, without client programs. */
final class NewerPrograms {

    /** The major version in the pom. */
    static final int MAJOR = 18;

    private static Optional<Path> unpacked = Optional.empty();

    private NewerPrograms() {}

    /** Unpacks them to {@code directory}; skips the test if they are not newer, or cannot be unpacked. */
    static synchronized Path unpacked() throws Exception {
        assumeTrue(!TestingPostgres.installed().toString().contains("/" + MAJOR + "/"), "its programs are here");
        if (unpacked.isEmpty()) {
            Path directory = Files.createTempDirectory("newer");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory)));
            unpacked = Optional.of(unpacked(directory));
        }
        return unpacked.get();
    }

    private static void remove(Path directory) {
        try {
            OwnerFiles.removeTree(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path unpacked(Path directory) throws Exception {
        Process tar = new ProcessBuilder("tar", "-xJf", "-", "-C", directory.toString())
                .redirectErrorStream(true)
                .start();
        try (InputStream in =
                        Objects.requireNonNull(NewerPrograms.class.getResourceAsStream("/postgres-linux-x86_64.txz"));
                var out = tar.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            assumeTrue(false, "nothing unpacks it: apt-get install xz-utils");
        }
        assertThat(tar.waitFor()).isZero();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory.resolve("bin");
    }

    /** Returns {@code server} with Debian's {@code psql} beside it, which suffices to start and query a server. */
    static synchronized Path withPsql(Path server) throws IOException {
        Path mixed = server.resolveSibling("mixed");
        if (Files.exists(mixed)) {
            return mixed;
        }
        Files.createDirectory(mixed);
        for (String name : List.of("initdb", "postgres")) {
            Files.createSymbolicLink(mixed.resolve(name), server.resolve(name));
        }
        Files.createSymbolicLink(
                mixed.resolve("psql"), TestingPostgres.installed().resolve("psql"));
        return mixed;
    }
}
