package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingOAuthServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the sign-in at an MCP server, with a real authorization server that gives one false answer at a time. */
@Timeout(300)
final class OAuthSignInTest {

    private static final OAuthSignIn.ClientChoice ANY =
            new OAuthSignIn.ClientChoice(Optional.empty(), Optional.empty(), List.of(), 0);

    private TestingOAuthServer server;
    private final List<String> opened = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        server = new TestingOAuthServer(new TestingClock());
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** A person with a browser on this machine. */
    private class Local implements OAuthSignIn.Person {
        @Override
        public void open(String host, URI address) {
            opened.add(host + " " + address);
            Thread.startVirtualThread(() -> {
                try {
                    TestingOAuthServer.visit(address.toString());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public void paste(Predicate<String> callback) {
            // The browser brings the answer.
        }
    }

    private OAuthSignIn.SignedIn signIn(OAuthSignIn.ClientChoice choice, OAuthSignIn.Person person) throws Exception {
        McpDirectory directory = new McpDirectory(server.address(), Optional.empty(), Optional.empty());
        Throwable refused = catchThrowable(directory::tools);
        assertThat(refused).isInstanceOf(McpDirectory.TokenNeededException.class);
        return new OAuthSignIn(server.address(), Optional.empty(), choice, person)
                .signIn(((McpDirectory.TokenNeededException) refused).challenge());
    }

    private OAuthSignIn.SignedIn signIn() throws Exception {
        return signIn(ANY, new Local());
    }

    private void isRefused(String because) {
        isRefused(because, new Local());
    }

    /** The sign-in is refused before the person is asked to open anything. */
    private void isRefusedUnseen(String because) {
        isRefused(because, new Local() {
            @Override
            public void open(String host, URI address) {
                throw new AssertionError("the person was sent to " + address);
            }
        });
    }

    private void isRefused(String because, OAuthSignIn.Person person) {
        assertThatThrownBy(() -> signIn(ANY, person))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(because)
                .satisfies(e ->
                        server.given.forEach(secret -> assertThat(e.toString()).doesNotContain(secret)));
        assertThat(server.asked).doesNotContain("/token");
    }

    @Test
    void whoSignsInGetsATokenAndAGrantThatRenewsIt() throws Exception {
        OAuthSignIn.SignedIn signedIn = signIn();
        assertThat(new McpDirectory(server.address(), Optional.empty(), Optional.of(signedIn.access()))
                        .tools()
                        .tools())
                .extracting(ListedTool::name)
                .containsExactly("read_note", "delete_note");
        OAuthGrant grant = signedIn.grant().orElseThrow();
        assertThat(grant.server()).hasToString(server.origin());
        assertThat(grant.refresh().refresh()).isPresent();
        assertThat(OAuthGrant.read(grant.json()).json()).isEqualTo(grant.json());
        assertThat(grant.toString()).doesNotContain("refresh-");
        assertThat(opened)
                .singleElement()
                .satisfies(page -> assertThat(page)
                        .startsWith("127.0.0.1 " + server.origin() + "/authorize?")
                        .contains(
                                "scope=notes+offline_access",
                                "code_challenge_method=S256",
                                "redirect_uri=http%3A%2F%2F127")
                        .doesNotContain("verifier", "secret"));
    }

    @Test
    void aServerThatDoesNotNameItsDescriptionIsAskedAtTheUsualPlace() throws Exception {
        server.namesMetadata = false;
        assertThat(signIn().grant()).isPresent();
    }

    @Test
    void aClientThatGetsASecretSendsIt() throws Exception {
        server.givesSecret = true;
        OAuthGrant grant = signIn().grant().orElseThrow();
        assertThat(grant.endpoint().client().secret()).isPresent();
        assertThat(grant.refresh().refresh()).isPresent();
        assertThat(grant.toString()).doesNotContain("client-secret-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"client_secret_basic", "client_secret_post"})
    void aClientOfOnesOwnIsUsed(String way) throws Exception {
        server.serverSaid = said -> said.without(List.of("registration_endpoint"))
                .withTexts("token_endpoint_auth_methods_supported", List.of(way));
        isRefusedUnseen("--client-id ID --callback-port");
        int port = freePort();
        server.register("ours", "http://127.0.0.1:" + port + "/callback", Optional.of("the-secret:of ours"));
        OAuthSignIn.ClientChoice choice = new OAuthSignIn.ClientChoice(
                Optional.of("ours"), Optional.of(new Secret("the-secret:of ours")), List.of("notes.read"), port);
        assertThat(signIn(choice, new Local()).grant().orElseThrow().refresh().refresh())
                .isPresent();
        assertThat(opened.getLast()).endsWith("&scope=notes.read").doesNotContain("the-secret");
    }

    private static int freePort() throws IOException {
        try (var socket = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void withoutARefreshTokenThereIsNoGrant() throws Exception {
        server.givesRefresh = false;
        assertThat(signIn().grant()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://notes.test/mcp", "http://127.0.0.1:1/mcp", "/mcp/more", "/mc", "/mcp?more=1"})
    void aResourceOfAnotherServerIsRefused(String resource) {
        String whole = resource.startsWith("/") ? server.origin() + resource : resource;
        server.resourceSaid = said -> said.with("resource", whole);
        isRefusedUnseen("its resource is another server");
    }

    @ParameterizedTest
    @CsvSource({
        "issuer, https://evil.test, another name",
        "issuer, '', another name",
        "authorization_endpoint, http://evil.test/authorize, without encryption",
        "token_endpoint, http://evil.test/token, without encryption",
        "token_endpoint, file:///etc/passwd, without encryption",
        "registration_endpoint, http://evil.test/register, without encryption"
    })
    void aDescriptionThatCannotBeTrustedIsRefused(String member, String value, String because) {
        server.serverSaid = said -> said.with(member, value);
        isRefusedUnseen(because);
    }

    @Test
    void aServerWithoutPkceIsRefused() {
        server.serverSaid = said -> said.without(List.of("code_challenge_methods_supported"));
        isRefusedUnseen("PKCE");
        server.serverSaid = said -> said.withTexts("code_challenge_methods_supported", List.of("plain"));
        isRefusedUnseen("PKCE");
    }

    @Test
    void aServerThatDoesNotSayWherePeopleSignInIsRefused() {
        server.resourceSaid = said -> said.without(List.of("authorization_servers"));
        isRefusedUnseen("no authorization server");
        server.serverSaid = _ -> Json.object();
        server.resourceSaid = said -> said;
        isRefusedUnseen("`issuer` is missing");
    }

    /** RFC 9207: the code would be sent to a server that did not give it. */
    @ParameterizedTest
    @ValueSource(strings = {"&iss=https://evil.test", ""})
    void anAnswerOfAnotherServerIsRefused(String issuer) {
        server.redirected = address -> address.substring(0, address.indexOf("&iss=")) + issuer;
        isRefused("the answer does not come from `127.0.0.1`");
    }

    @Test
    void aRefusalOfThePersonIsSaid() {
        UnaryOperator<String> refused = address -> address.replaceFirst("code=[^&]*", "error=access_denied");
        server.redirected = refused;
        isRefused("refused the sign-in (access_denied)");
    }

    /** Any page could send a browser to the port on loopback. */
    @Test
    void anAnswerWithoutOurStateIsIgnored() throws Exception {
        AtomicReference<String> page = new AtomicReference<>("");
        OAuthSignIn.SignedIn signedIn = signIn(ANY, new Local() {
            @Override
            public void open(String host, URI address) {
                try {
                    String good = TestingOAuthServer.redirect(address.toString());
                    for (String bad : List.of(
                            good.replaceFirst("state=[^&]*", "state=planted"),
                            good.replaceFirst("&state=[^&]*", ""),
                            good + "&code=another",
                            good.replace("/callback", "/other"))) {
                        assertThat(TestingOAuthServer.visit(bad)).contains("no answer");
                    }
                    page.set(TestingOAuthServer.visit(good));
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        assertThat(page.get()).contains("Interlock has the answer");
        assertThat(signedIn.grant()).isPresent();
    }

    /** The browser is on another machine, so it cannot reach the port. */
    @Test
    void thePersonMayPasteTheAddress() throws Exception {
        AtomicReference<String> answer = new AtomicReference<>("");
        OAuthSignIn.SignedIn signedIn = signIn(ANY, new OAuthSignIn.Person() {
            @Override
            public void open(String host, URI address) {
                try {
                    answer.set(TestingOAuthServer.redirect(address.toString()));
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void paste(Predicate<String> callback) {
                assertThat(callback.test("something else")).isFalse();
                assertThat(callback.test(answer.get().replaceFirst("state=[^&]*", "state=planted")))
                        .isFalse();
                assertThat(callback.test(answer.get())).isTrue();
            }
        });
        assertThat(signedIn.grant()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", "quote\"", "", "line\n"})
    void aScopeThatIsNoneIsRefused(String scope) {
        assertThatThrownBy(() -> new OAuthSignIn.ClientChoice(Optional.empty(), Optional.empty(), List.of(scope), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
