package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a lease is sent only to the server that the certificate names. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class DerivationOverTlsTest {

    @TempDir
    private Path directory;

    private final List<String> heard = new CopyOnWriteArrayList<>();

    private Path written(TestingCertificate certificate) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "ca", ".pem"), certificate.pem());
    }

    private void serve(ServerSocket front) {
        Thread.ofVirtual().start(() -> {
            while (!front.isClosed()) {
                try (Socket client = front.accept()) {
                    answer(client);
                } catch (IOException _) {
                    // a client that does not trust the certificate disconnects
                }
            }
        });
    }

    private void answer(Socket client) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            heard.add(line);
        }
        client.getOutputStream()
                .write("HTTP/1.1 201 Created\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"token\":1}"
                        .getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void theLeaseIsSentOnlyToACertifiedGateway() throws Exception {
        TestingCertificate own = TestingCertificate.forName("localhost");
        TestingCertificate strange = TestingCertificate.forName("localhost");
        Secret lease = new Secret("ilk_lease");
        try (ServerSocket front = own.listen()) {
            serve(front);
            URI named = URI.create("https://localhost:" + front.getLocalPort());
            assertThat(new LeaseHolderClient(named, Optional.of(written(own)))
                            .derive(lease, Json.object())
                            .given())
                    .isTrue();
            assertThat(heard).contains("POST /.interlock/leases HTTP/1.1", "Authorization: Bearer ilk_lease");

            heard.clear();
            URI unnamed = URI.create("https://127.0.0.1:" + front.getLocalPort());
            for (LeaseHolderClient unbelieved : List.of(
                    new LeaseHolderClient(named, Optional.of(written(strange))),
                    new LeaseHolderClient(named, Optional.empty()),
                    new LeaseHolderClient(unnamed, Optional.of(written(own))))) {
                assertThatThrownBy(() -> unbelieved.derive(lease, Json.object()))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("is not trusted")
                        .hasMessageContaining("--ca");
            }
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void clearTextStaysOnThisMachine() {
        for (String gateway : List.of("http://gateway.test:7411", "https:///", "http://127.0.0.1:7411/railway")) {
            assertThatThrownBy(() -> new LeaseHolderClient(URI.create(gateway), Optional.empty()))
                    .isInstanceOf(UsageException.class);
        }
    }
}
