package dev.interlock.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pooler gives the sessions of one gateway to another: locks and settings of a session mean nothing behind it. */
@Tag("process")
class PoolerTest {

    private static final Path POOLER = Path.of("/usr/sbin/pgbouncer");

    @TempDir
    Path directory;

    @Test
    void aPoolerIsRefused() throws Exception {
        assumeTrue(Files.isExecutable(POOLER), "no PgBouncer is installed: apt-get install pgbouncer");
        PostgresServer store = StoreEngine.server().store();
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path users = Files.writeString(directory.resolve("users"), "\"" + store.user() + "\" \"\"\n");
        Path settings = Files.writeString(directory.resolve("ini"), """
                [databases]
                * = host=127.0.0.1 port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = trust
                auth_file = %s
                pool_mode = transaction
                ignore_startup_parameters = options,extra_float_digits
                user = postgres
                """.formatted(store.port(), port, users));
        Process pooler = new ProcessBuilder(POOLER.toString(), settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        try {
            while (!answers(port)) {
                assumeTrue(pooler.isAlive(), () -> read(directory.resolve("log")));
                WaitLoop.pause();
            }
            PostgresServer pooled = new PostgresServer(
                    "127.0.0.1", port, store.database(), store.user(), Optional.empty(), Optional.empty());
            assertThatThrownBy(() -> StoreNode.alone(pooled).close())
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("pooler");
            StoreNode.alone(store).close();
        } finally {
            pooler.destroy();
            pooler.waitFor();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean answers(int port) {
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
