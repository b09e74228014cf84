package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.front.git.PushAdmission;
import dev.interlock.gate.NotSentException;
import dev.interlock.testing.TestingCertificate;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamTlsTest {

    private final UpstreamClient client = new UpstreamClient();
    private TestingCertificate local;
    private TestingCertificate other;

    @BeforeAll
    void make(@TempDir Path directory) throws Exception {
        local = TestingCertificate.forName("localhost");
        other = TestingCertificate.forName("other.example");
    }

    @AfterAll
    void close() {
        client.close();
    }

    private static ScriptedUpstream upstream(TestingCertificate certificate) throws Exception {
        return new ScriptedUpstream(certificate.listen(), "https", line -> {
            while (line.request()) {
                line.say(ScriptedUpstream.ok("secret answer"));
            }
        });
    }

    private Bytes ask(ScriptedUpstream upstream, Optional<String> ca) throws IOException {
        URI address = upstream.address("localhost");
        UpstreamRoutes.UpstreamRoute route = new UpstreamRoutes.UpstreamRoute(
                new UpstreamServer(address, ca, false, false),
                UpstreamRoutes.ExtraCarriers.USUAL,
                _ -> false,
                (_, _) -> false,
                _ -> false,
                PushAdmission.NONE,
                McpReader.NONE);
        HttpCall call = new HttpCall("GET", address.getRawAuthority(), "/x", List.of(), List.of(), Bytes.empty());
        return client.ask(route, call, _ -> Optional.of(new Header("authorization", "Bearer " + FakeHandler.REAL)));
    }

    @Test
    void aCertificateThatTheSealTrustsAndThatNamesTheHostIsAccepted() throws Exception {
        try (ScriptedUpstream upstream = upstream(local)) {
            for (int i = 0; i < 2; i++) {
                assertThat(ask(upstream, Optional.of(local.pem()))).isEqualTo(Bytes.utf8("secret answer"));
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void aCertificateForAnotherHostIsRefusedBeforeAnythingIsSent() throws Exception {
        try (ScriptedUpstream upstream = upstream(other)) {
            assertThatThrownBy(() -> ask(upstream, Optional.of(other.pem()))).isInstanceOf(NotSentException.class);
            assertThat(upstream.requests).isEmpty();
        }
    }

    @Test
    void anUntrustedCertificateIsRefusedBeforeAnythingIsSent() throws Exception {
        try (ScriptedUpstream upstream = upstream(local)) {
            assertThatThrownBy(() -> ask(upstream, Optional.empty())).isInstanceOf(NotSentException.class);
            assertThatThrownBy(() -> ask(upstream, Optional.of(other.pem()))).isInstanceOf(NotSentException.class);
            assertThat(upstream.requests).isEmpty();
        }
    }

    @Test
    void aConnectionUnderOneTrustIsNotUsedUnderAnother() throws Exception {
        try (ScriptedUpstream upstream = upstream(local)) {
            ask(upstream, Optional.of(local.pem()));
            assertThatThrownBy(() -> ask(upstream, Optional.of(other.pem()))).isInstanceOf(NotSentException.class);
        }
    }

    @Test
    void aCaThatHoldsNoCertificateOpensNothing() throws Exception {
        try (ScriptedUpstream upstream = upstream(local)) {
            assertThatThrownBy(() -> ask(upstream, Optional.of(""))).isInstanceOf(NotSentException.class);
        }
    }
}
