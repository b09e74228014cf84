package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingOAuthServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a person signs in at an MCP server once, and that agents then call it with their leases alone. */
@Timeout(300)
@Tag("process")
class OAuthMcpTest {

    private static final String YAML = ServiceGatewayInstallation.organisation("""
              npm:
                catalog: npm
                address: "https://registry.npmjs.org"
                resources:
                  "npm:account/self": {environments: [staging]}
            """);

    @TempDir
    private Path root;

    private TestingOAuthServer server;
    private ServiceGatewayInstallation house;

    @BeforeEach
    void start() throws Exception {
        server = new TestingOAuthServer(InstantSource.system());
        house = new ServiceGatewayInstallation(
                root, Map.of("interlock.yaml", YAML, "policy.cedar", ServiceGatewayInstallation.CONFIRMED), Map.of());
        house.seal().expect(0);
        house.up();
    }

    @AfterEach
    void stop() {
        house.close();
        server.close();
    }

    /** Runs a command that asks for a sign-in, and signs in. Returns all that it printed. */
    private String signedIn(int exit, String... arguments) throws Exception {
        Process command = new ProcessBuilder(Programs.interlock(root, List.of(arguments)))
                .redirectErrorStream(true)
                .start();
        command.getOutputStream().close();
        StringBuilder said = new StringBuilder();
        try (BufferedReader out = command.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.append(line).append('\n');
                if (line.startsWith(server.origin() + "/authorize?")) {
                    TestingOAuthServer.visit(line);
                }
            }
        }
        assertThat(command.waitFor()).as(said.toString()).isEqualTo(exit);
        return said.toString();
    }

    private String add(int exit, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "upstream", "add", "mcp", server.address().toString(), "--name=notes", "--config=" + house.config()));
        command.addAll(List.of(more));
        return signedIn(exit, command.toArray(String[]::new));
    }

    private String call(String tool) throws Exception {
        return house.curl(
                "POST",
                "/notes/mcp",
                "-H",
                "Content-Type: application/json",
                "-H",
                "Accept: application/json, text/event-stream",
                "-H",
                "MCP-Protocol-Version: 2025-06-18",
                "-i",
                "--data-raw",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":{\"note\":\"n-1\"}}}");
    }

    private static final String ENDED = "The OAuth grant of `notes` has ended";

    private String status(String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("status", "--config=" + house.config()));
        command.addAll(List.of(more));
        return house.interlock("", command.toArray(String[]::new)).out();
    }

    private void noSecretIsIn(String text) {
        server.given.forEach(secret -> assertThat(text).doesNotContain(secret));
    }

    @Test
    void aPersonSignsInOnceAndAgentsCallWithTheirLeases() throws Exception {
        String added = add(0);
        assertThat(added)
                .contains("`127.0.0.1` asks for a sign-in at `127.0.0.1`", "read_note: reads", "interlock seal");
        noSecretIsIn(added);
        house.seal().expect(0);

        server.repeatsToken = true;
        server.life = Duration.ofSeconds(2);
        String answer = call("read_note");
        assertThat(answer).contains("did read_note");
        noSecretIsIn(answer);
        Programs.await("another access token is used when the first one expires", () -> {
            call("read_note");
            return new HashSet<>(server.called).size() > 2;
        });
        String held = call("delete_note");
        assertThat(held).contains("confirmation_required");
        house.sign(held, "ann");
        assertThat(call("delete_note")).as("with the same grant").contains("did delete_note");

        house.crash(); // the grant was rotated some times, and is not lost
        assertThat(call("read_note")).contains("did read_note");

        server.revoke();
        Programs.await("the grant is dead", () -> call("read_note").contains("interlock upstream renew notes"));
        noSecretIsIn(call("read_note"));
        Programs.await("the status names it", () -> status().contains(ENDED));
        assertThat(status("--json")).contains(ENDED);
        assertThat(house.log()).contains("grant_ended", ENDED);

        String renewed = signedIn(0, "upstream", "renew", "notes", "--config=" + house.config());
        assertThat(renewed).contains("the vault has the new grant of `notes`");
        noSecretIsIn(renewed);
        // The gateway remembers a refused credential for some seconds.
        Programs.await("the new grant counts", () -> call("read_note").contains("did read_note"));
        Programs.await("the status is calm", () -> !status().contains(ENDED));

        house.down(); // so that its files stay
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                noSecretIsIn(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** The agent has no business with the server's sign-in: it must not be sent there. */
    @Test
    void neitherAPlanNorAFailedSignInLeavesAnythingAndTheAgentIsNotSentToSignIn() throws Exception {
        String before = Files.readString(root.resolve("policy/interlock.yaml"));
        assertThat(add(0, "--plan")).contains("notes-work");
        assertUnchanged(before);
        server.redirected = address -> address.replaceFirst("code=[^&]*", "error=access_denied");
        assertThat(add(69)).contains("refused the sign-in (access_denied)");
        assertUnchanged(before);

        server.redirected = address -> address;
        add(0);
        house.seal().expect(0);
        assertThat(call("read_note")).contains("did read_note");
        server.revoke(); // the keys process has a token that the server accepts no more
        String answer = call("read_note");
        assertThat(answer).startsWith("HTTP/1.1 401");
        assertThat(answer.toLowerCase(Locale.ROOT)).doesNotContain("www-authenticate", "resource_metadata");
    }

    private void assertUnchanged(String policy) throws IOException {
        assertThat(Files.readString(root.resolve("policy/interlock.yaml"))).isEqualTo(policy);
        assertThat(root.resolve("policy/catalogs/notes.yaml")).doesNotExist();
        assertThat(grants()).isEmpty();
    }

    private List<Path> grants() throws IOException {
        Path directory = root.resolve("data/vault/grants");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".slot")).toList();
        }
    }
}
