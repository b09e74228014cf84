package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingCertificate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the revocation of a credential at its provider, for which a local server stands in. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class RevokeTest {

    private static final String GITHUB = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
    private static final String SLACK = "xoxb-" + "948372650194-2750194837261-aB3dE5gH7jK9mN1pQ3sT5vW7";

    private final List<String> received = new CopyOnWriteArrayList<>();
    private Installation installation;
    private HttpsServer provider;
    private Path directory;
    private volatile int status = 202;
    private volatile String answer = "";

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        this.directory = directory;
        installation = Installation.shared();
        provider = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        TestingCertificate own = TestingCertificate.forName("localhost");
        Files.writeString(directory.resolve("localhost.pem"), own.pem());
        provider.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        provider.createContext("/", exchange -> {
            try (exchange) {
                received.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                        + exchange.getRequestHeaders().getFirst("Authorization") + " "
                        + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                byte[] body = answer.getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Location", "/elsewhere");
                exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
            }
        });
        provider.start();
    }

    @AfterAll
    void close() {
        provider.stop(0);
    }

    @BeforeEach
    void forget() {
        received.clear();
    }

    private Path workspace(String name, String token) throws Exception {
        Path workspace = installation.workspace(name);
        Files.writeString(workspace.resolve("deploy.sh"), "export TOKEN=" + token + "\n");
        return workspace;
    }

    private Programs.ProgramResult adopt(Path workspace, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("adopt", "--home=" + workspace.resolve("home")));
        arguments.addAll(List.of(more));
        arguments.add(workspace.toString());
        return installation.interlock(arguments, "");
    }

    private Programs.ProgramResult revoke(Path workspace, String id, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "--revoke=" + id,
                "--rehearse-at=https://localhost:" + provider.getAddress().getPort(),
                "--rehearse-ca=" + directory.resolve("localhost.pem")));
        arguments.addAll(List.of(more));
        return adopt(workspace, arguments.toArray(String[]::new));
    }

    private String id(Path workspace) throws Exception {
        return Json.readObject(adopt(workspace, "--check", "--json").out().getBytes(StandardCharsets.UTF_8))
                .objects("credentials")
                .getFirst()
                .text("id");
    }

    private void assertTellsNothing(Programs.ProgramResult ended, Path workspace) throws Exception {
        assertThat(ended.out() + ended.err()).doesNotContain(GITHUB, SLACK);
        Path book = workspace.resolve("home/.local/state/interlock/revoked.jsonl");
        assertThat(book).content().doesNotContain(GITHUB, SLACK).contains("\"rehearsal\":true");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(book)))
                .isEqualTo("rw-------");
    }

    @Test
    void githubIsShownTheTokenAndNoOther() throws Exception {
        Path workspace = workspace("github", GITHUB);
        Programs.ProgramResult ended = revoke(workspace, id(workspace), "--yes");

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(received).containsExactly("POST /credentials/revoke null {\"credentials\":[\"" + GITHUB + "\"]}");
        assertTellsNothing(ended, workspace);
    }

    @Test
    void nothingIsSentUnlessAPersonAgreed() throws Exception {
        Path workspace = workspace("unasked", GITHUB);
        assertThat(revoke(workspace, id(workspace)).exit()).isEqualTo(1);
        assertThat(received).isEmpty();
    }

    @Test
    void theRealTokenIsSentAndNotItsDecoy() throws Exception {
        Path workspace = workspace("taken", GITHUB);
        String id = id(workspace);
        adopt(workspace, "--take=" + id).expect(0);
        assertThat(workspace.resolve("deploy.sh")).content().doesNotContain(GITHUB);

        revoke(workspace, id, "--yes").expect(0);
        assertThat(received).hasSize(1).allMatch(request -> request.contains(GITHUB));
        adopt(workspace, "--undo=" + id).expect(0);
    }

    @Test
    void aProvidersRefusalIsReportedAndItsRedirectsIgnored() throws Exception {
        Path workspace = workspace("no", GITHUB);
        for (int no : List.of(422, 500, 200, 307)) {
            status = no;
            Programs.ProgramResult ended = revoke(workspace, id(workspace), "--yes");
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.out()).contains("✗", Integer.toString(no));
        }
        assertThat(received).hasSize(4).noneMatch(request -> request.contains("/elsewhere"));
        status = 202;
    }

    @Test
    void slackEndsATokenThatAuthorisesItself() throws Exception {
        Path workspace = workspace("slack", SLACK);
        status = 200;
        answer = "{\"ok\":false,\"error\":\"invalid_auth\"}";
        Programs.ProgramResult ended = revoke(workspace, id(workspace), "--yes");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.out()).contains("invalid_auth");

        answer = "{\"ok\":true,\"revoked\":true}";
        ended = revoke(workspace, id(workspace), "--yes");
        assertThat(ended.exit()).as(ended.err()).isZero();
        assertThat(received)
                .hasSize(2)
                .allMatch(request -> request.equals("POST /api/auth.revoke Bearer " + SLACK + " "));
        assertTellsNothing(ended, workspace);
        status = 202;
        answer = "";
    }

    @Test
    void aRehearsalIsOfThisMachineAndIsBelievedOnlyWithItsAuthority() throws Exception {
        Path workspace = workspace("elsewhere", GITHUB);
        String id = id(workspace);
        for (String elsewhere : List.of(
                "https://example.com",
                "http://localhost:" + provider.getAddress().getPort(),
                "https://localhost@example.com",
                "https://localhost.example.com")) {
            Programs.ProgramResult ended = adopt(workspace, "--revoke=" + id, "--yes", "--rehearse-at=" + elsewhere);
            assertThat(ended.exit()).as(elsewhere).isEqualTo(2);
        }
        Programs.ProgramResult ended = adopt(
                workspace,
                "--revoke=" + id,
                "--yes",
                "--rehearse-at=https://localhost:" + provider.getAddress().getPort());
        assertThat(ended.exit()).isNotZero();
        assertThat(ended.out() + ended.err()).doesNotContain(GITHUB);
        assertThat(received).isEmpty();
    }

    @Test
    void tokensWithoutRevocationEndpointAreSentNowhere() throws Exception {
        Path workspace = workspace("others", "ghs_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5");
        Programs.ProgramResult ended = revoke(workspace, id(workspace), "--yes");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.err()).contains("by hand");
        assertThat(received).isEmpty();
    }
}
