package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class AdminClientTest {

    @TempDir
    private Path directory;

    /** The daemon is stopped: the kernel accepts data for it, until its buffer is full. */
    @Test
    void aDaemonThatHangsDoesNotAnswer() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("admin.sock"));
        try (ServerSocketChannel stopped = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stopped.bind(address, 1);
            AdminClient client = AdminClient.at(address.getPath()).within(Duration.ofMillis(200));
            for (int times = 0; times < 4; times++) {
                assertThatThrownBy(() -> client.call("status", Json.object()))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("did not answer in time");
            }
        }
    }

    /** The limit may end early: before the connection is open, or between two steps. */
    @Test
    void anImpatientClientGetsATimeout() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("admin.sock"));
        try (ServerSocketChannel stopped = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stopped.bind(address, 200);
            AdminClient client = AdminClient.at(address.getPath()).within(Duration.ZERO);
            for (int times = 0; times < 150; times++) {
                assertThatThrownBy(() -> client.call("status", Json.object()))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("did not answer in time");
            }
        }
    }
}
