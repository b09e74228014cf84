package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.front.git.PushAdmission;
import dev.interlock.testing.WaitLoop;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the gateway fetches what a provider stores elsewhere, and that nobody's key is in that request. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class StoredFileTest {

    private static final String FILE = "/logs/run%207.txt?sig=aB%2Fc%2Bd%3D&se=2026-01-01";

    private ScriptedUpstream storage;

    @BeforeEach
    void open() throws Exception {
        storage = ScriptedUpstream.always(ScriptedUpstream.ok("what the job printed"));
    }

    @AfterEach
    void close() throws Exception {
        storage.close();
    }

    private String redirect(String location) {
        return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
    }

    /**
     * Returns the answer to {@code method} of a provider that answers {@code said}, and stores files at the storage.
     */
    private RawClient.Reply asked(String method, String said) throws Exception {
        try (ScriptedUpstream provider = ScriptedUpstream.always(said)) {
            UpstreamRoutes.UpstreamRoute plain = FrontFixture.route(provider.address());
            UpstreamRoutes.UpstreamRoute route = new UpstreamRoutes.UpstreamRoute(
                    plain.server(),
                    plain.carriers(),
                    plain.graphql(),
                    plain.longBodies(),
                    location -> String.valueOf(location.getRawAuthority())
                            .equals(storage.address().getRawAuthority()),
                    PushAdmission.NONE,
                    McpReader.NONE);
            try (FrontFixture front = new FrontFixture(route, FrontFixture.PATIENT);
                    RawClient client = front.client()) {
                RawClient.Reply reply = client.send(
                                front.request(method, "/up/runs/7/logs", "Accept: text/plain\r\nContent-Length: 0\r\n"))
                        .reply();
                assertThat(provider.requests).singleElement().asString().contains(FakeHandler.REAL);
                while (front.handler.endings.isEmpty()) { // the class's time limit ends it
                    WaitLoop.pause();
                }
                ending = front.handler.endings.getFirst().members().canonicalText();
                return reply;
            }
        }
    }

    private String ending = "";

    @Test
    void theGatewayFetchesTheFileWithoutTheCredentialAndTheAgentSeesNoAddress() throws Exception {
        RawClient.Reply reply = asked("GET", redirect(storage.address() + FILE));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("what the job printed");
        assertThat(reply.head()).noneMatch(line -> line.contains("sig=") || line.startsWith("location"));
        assertThat(storage.requests)
                .singleElement()
                .asString()
                .startsWith("GET " + FILE + " HTTP/1.1\r\n")
                .satisfies(request -> assertThat(request.toLowerCase(Locale.ROOT))
                        .doesNotContain("authorization", FakeHandler.REAL, "text/plain"));
        assertThat(ending).contains("\"storage\":\"" + storage.address().getRawAuthority() + "\"", "\"status\":200");
        assertThat(ending).doesNotContain("sig");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "DELETE", "HEAD"})
    void onlyAGetIsFetched(String method) throws Exception {
        assertThat(asked(method, redirect(storage.address() + FILE)).status()).isEqualTo(302);
        assertThat(storage.requests).isEmpty();
    }

    @Test
    void nothingIsFetchedFromElsewhere() throws Exception {
        try (ScriptedUpstream other = ScriptedUpstream.always(ScriptedUpstream.ok("other"))) {
            for (String location : List.of(
                    other.address() + FILE,
                    "//" + storage.address().getRawAuthority() + "@evil.example/x",
                    "/elsewhere",
                    storage.address() + "/a//b",
                    storage.address() + "/%2e%2e/b",
                    "not an address")) {
                RawClient.Reply reply = asked("GET", redirect(location));
                assertThat(reply.status()).as(location).isEqualTo(302);
            }
            assertThat(other.requests).isEmpty();
            assertThat(storage.requests).isEmpty();
        }
    }

    @Test
    void twoAddressesAreNone() throws Exception {
        String two = redirect(storage.address() + "/a\r\nLocation: " + storage.address() + "/b");
        assertThat(asked("GET", two).status()).isEqualTo(302);
        assertThat(storage.requests).isEmpty();
    }

    @Test
    void theStorageLeadsNowhereElse() throws Exception {
        storage.close();
        storage = ScriptedUpstream.always(redirect("https://evil.example/x"));
        RawClient.Reply reply = asked("GET", redirect(storage.address() + FILE));
        assertThat(reply.status()).isEqualTo(302);
        assertThat(reply.head()).noneMatch(line -> line.startsWith("location"));
        assertThat(storage.requests).hasSize(1);
    }
}
