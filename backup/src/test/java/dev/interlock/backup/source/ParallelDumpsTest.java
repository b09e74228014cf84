package dev.interlock.backup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.place.TestingStore;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
@Tag("process")
class ParallelDumpsTest {

    private static final String DUMP = "dump";

    @TempDir
    private Path directory;

    /** The target accepts no more data, and the blocked writer does not notice that the job was ended. */
    @Test
    void whoNeverStopsWritingIsGivenUp() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        TestingStore store = new TestingStore(directory);
        store.does("test \"$1\" != put || exec sleep infinity");
        Path key = directory.resolve("backup.key");
        Encryption.newKey(key);
        try (ChildProcesses serving = new ChildProcesses();
                ChildProcesses children = new ChildProcesses()) {
            BackupRepository shelf =
                    BackupRepository.of("shop", store.target(), Encryption.of(key), serving, Clock.systemUTC());
            BackupRepository.BackupFileWriter to =
                    shelf.begin("20260101T000000Z-abcdef").file(DUMP);
            ParallelDumps dumping = new ParallelDumps(children, (_, _) -> {}, Duration.ofMillis(300));
            dumping.begin(DUMP, () -> serving.start(List.of("/bin/cat", "/dev/zero"), Map.of()), to);
            children.close();
            assertThatThrownBy(dumping::await)
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("no longer accepts data");
            assertThatThrownBy(dumping::close).isInstanceOf(InconclusiveException.class);
        }
    }

    /** Programs' messages may contain names from others, and the printed length is limited. */
    @Test
    void whatIsSaidByWhatEndsWellIsKept() throws IOException {
        assertThat(said("echo once >&2; echo >&2; printf 'a\\033[2Jb\\n' >&2; echo once >&2"))
                .containsExactly("once", "a\\u{1b}[2Jb");
        assertThat(said("for i in $(seq 30); do echo line $i >&2; done"))
                .hasSize(17)
                .startsWith("line 1")
                .endsWith("line 16", "and 14 more lines");
        assertThat(said("head -c 5000 /dev/zero | tr '\\0' x >&2"))
                .singleElement()
                .asString()
                .hasSize(400);
        assertThat(said("true")).isEmpty();
    }

    /** The message is our own: storage throws its server's answer inside of another exception. */
    @Test
    void whatStorageAnsweredIsSaidAsItIs() throws Exception {
        Path credentials = directory.resolve("s3");
        PrivateFiles.write(
                credentials, "aws_access_key_id = a\naws_secret_access_key = b\n".getBytes(StandardCharsets.UTF_8));
        HttpServer refusing = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        refusing.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] why = "<Error><Code>AccessDenied</Code></Error>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(403, why.length);
            exchange.getResponseBody().write(why);
            exchange.close();
        });
        refusing.start();
        URI endpoint = URI.create("http://127.0.0.1:" + refusing.getAddress().getPort());
        BackupTarget target =
                new BackupTarget.S3(endpoint, "r", "backups", "", true, credentials, Optional.empty(), false);
        try {
            assertThatThrownBy(() -> dump(target, (_, _) -> {}))
                    .hasMessage("the dump failed: the storage `" + endpoint + "` answered 403 AccessDenied");
        } finally {
            refusing.stop(0);
        }
    }

    /** The others are ended with it, as with all that fails. */
    @Test
    void whereThereIsNoMemoryThatIsSaid() throws IOException {
        BackupTarget target =
                new BackupTarget.Directory(Files.createTempDirectory(directory, "target"), Optional.empty());
        assertThatThrownBy(() -> dump(target, (_, _) -> {
                    throw new OutOfMemoryError("Java heap space");
                }))
                .hasMessage("the dump failed: there is not enough memory for it");
    }

    private void dump(BackupTarget target, Progress progress) throws IOException {
        Path key = directory.resolve("failing.key");
        Encryption.newKey(key);
        try (ChildProcesses children = new ChildProcesses();
                ParallelDumps dumping = new ParallelDumps(children, progress)) {
            BackupRepository shelf =
                    BackupRepository.of("shop", target, Encryption.of(key), children, Clock.systemUTC());
            if (target instanceof BackupTarget.Directory) {
                shelf.hold().close();
            }
            BackupRepository.PartialBackup part = shelf.begin("20260101T000000Z-abcdef");
            dumping.begin(DUMP, () -> children.start(List.of("/bin/echo", "row"), Map.of()), part.file(DUMP));
            dumping.await();
        }
    }

    private List<String> said(String script) throws IOException {
        Path key = directory.resolve("own.key");
        Files.deleteIfExists(key);
        Encryption.newKey(key);
        Path target = Files.createTempDirectory(directory, "target");
        try (ChildProcesses children = new ChildProcesses();
                ParallelDumps dumping = new ParallelDumps(children, (_, _) -> {})) {
            BackupRepository shelf = BackupRepository.of(
                    "shop",
                    new BackupTarget.Directory(target, Optional.empty()),
                    Encryption.of(key),
                    children,
                    Clock.systemUTC());
            try (BackupStorage.StorageLock _ = shelf.hold();
                    BackupRepository.PartialBackup part = shelf.begin("20260101T000000Z-abcdef")) {
                dumping.begin(
                        DUMP,
                        () -> children.start(List.of("/bin/sh", "-c", script), Map.of("PATH", "/usr/bin:/bin")),
                        part.file(DUMP));
                dumping.await();
                return dumping.warnings();
            }
        }
    }
}
