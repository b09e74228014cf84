package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.drill.railway.RailwaySimulator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the transcript of {@code docs/start.md} by running it in {@code sh}. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("process")
class TranscriptTest {

    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

    private static final String STAGING = "5d1a9c52-5b0c-4f5e-8f6a-57a61a9e0002";
    private static final String PRODUCTION = "9f2d7f0e-3b7a-4a0d-9b0e-9d0d0c100001";
    private static final String SCRATCH = "d15b05ab-1e00-4c1b-b2f7-57a61a9e0003";
    private static final String SHARED = "3d2c42fb-6a3e-4c1b-b2f7-0b00c1e55ed1";

    private Path root;

    @BeforeEach
    void makeAPlaceThatOtherUsersMayEnter() throws IOException {
        root = Files.createTempDirectory("ilk-"); // short, because it holds the paths of sockets
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void remove() throws IOException {
        delete(root);
    }

    @Test
    void theTranscriptDoesWhatItSays() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("the transcript is root's")
                .isEqualTo("root");
        for (String tool : List.of("bwrap", "socat", "setpriv", "setsid", "curl", "ssh-keygen")) {
            assumeThat(onPath(tool)).as("`" + tool + "` is installed").isTrue();
        }
        Path bin = program(root.resolve("program"));
        Path home = Files.createDirectory(root.resolve("empty"));
        try (RailwaySimulator provider = RailwaySimulator.start(root.resolve("provider"))) {
            Path output = root.resolve("output.txt");
            ProcessBuilder builder = new ProcessBuilder("setsid", "sh", "-euxc", transcript())
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            builder.environment()
                    .putAll(Map.of(
                            "ADDRESS",
                            "https://localhost:" + provider.port(),
                            "CA",
                            provider.authority().toString(),
                            "STAGING",
                            STAGING,
                            "PRODUCTION",
                            PRODUCTION,
                            "DISPOSABLE_VOLUME",
                            SCRATCH,
                            "READ_TOKEN",
                            "rw_resolver-account-token",
                            "WORK_TOKEN",
                            "rw_staging-project-token",
                            "PATH",
                            bin + ":" + System.getenv("PATH")));
            int exit = run(builder);
            String said = Files.readString(output);
            assertThat(exit).as(said).isZero();
            assertThat(said)
                    .contains(
                            "16 of 16 scenarios pass.",
                            "`railway-confirmed` and `railway-work` hold the same secret",
                            "separation       user",
                            "every confirmed action carries its signatures: yes",
                            "{\"data\":{\"environment\":{\"name\":\"staging\"}}}",
                            "\"kind\":\"confirmation_required\"",
                            "bob has signed",
                            "{\"data\":{\"volumeDelete\":true}}",
                            "proven: R-")
                    .doesNotContain("rw_resolver-account-token", "rw_staging-project-token");
            Path volumes = root.resolve("provider/volumes");
            assertThat(volumes.resolve(SHARED)).isNotEmptyDirectory();
            assertThat(volumes.resolve(SCRATCH)).doesNotExist();
        }
    }

    /** Returns the one block that begins a system, with a port of its own. */
    private static String transcript() throws IOException {
        Matcher blocks = BLOCK.matcher(Files.readString(CHECKOUT.resolve("docs/start.md")));
        List<String> found = blocks.results()
                .map(block -> block.group(1))
                .filter(text -> text.contains("interlock init"))
                .toList();
        assertThat(found).hasSize(1);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return found.getFirst().replace("127.0.0.1:7411", "127.0.0.1:" + free.getLocalPort());
        }
    }

    /** Runs it to its end, in a session of its own; its remaining processes end with that, also after a failure. */
    private static int run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process shell = builder.start();
        try {
            return shell.waitFor();
        } finally {
            new ProcessBuilder("sh", "-c", "kill -s KILL -- -" + shell.pid())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        }
    }

    private static boolean onPath(String tool) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    }

    /** Copies the program to where the daemon's user can read it; returns a directory with `interlock` in it. */
    private static Path program(Path directory) throws IOException {
        Path libraries = CHECKOUT.resolve("cli/target/lib");
        assumeThat(libraries).as("the program is packaged").isDirectory();
        copy(libraries, directory.resolve("lib"));
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path launcher = bin.resolve("interlock");
        Files.writeString(launcher, """
                #!/bin/sh
                exec %s/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \\
                    --sun-misc-unsafe-memory-access=allow -Dinterlock.launcher="$0" \\
                    -cp '%s/lib/*' dev.interlock.cli.Main "$@"
                """.formatted(System.getProperty("java.home"), directory));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.resolveSibling(""));
                if (!Files.isDirectory(file)) {
                    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
                    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
