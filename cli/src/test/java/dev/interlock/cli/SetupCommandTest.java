package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRecord;
import dev.interlock.setup.SetupRun;
import dev.interlock.setup.SetupStep;
import dev.interlock.testing.TestingCertificate;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What setup proposes for GitHub. {@code packaging/test} performs it. */
@Tag("process")
final class SetupCommandTest {

    private static final String TOKEN = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gJ6";

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private HttpsServer server;
    private Path home;
    private Path project;

    @BeforeEach
    void start() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        TestingCertificate own = TestingCertificate.forName("localhost");
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.createContext("/user/repos", exchange -> {
            boolean known =
                    ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("authorization"));
            byte[] body = """
                    [{"full_name":"acme/shop","name":"shop","owner":{"login":"acme"},"permissions":{"push":true}},
                     {"full_name":"acme/demo","name":"demo","owner":{"login":"acme"},"permissions":{"push":true}}]
                    """.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 401, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        Files.writeString(directory.resolve("ca.pem"), own.pem());
        home = Files.createDirectories(directory.resolve("home"));
        project = Files.createDirectories(home.resolve("shop/.git")).getParent();
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private int plan(String... more) {
        List<String> all = new ArrayList<>(List.of(
                "setup",
                "--plan",
                "--person=nobody",
                "--home=" + home,
                "--project=" + project,
                "--dir=" + directory.resolve("made"),
                "--github=https://localhost:" + server.getAddress().getPort(),
                "--ca=" + directory.resolve("ca.pem")));
        all.addAll(List.of(more));
        return command(all);
    }

    /** Runs setup itself, as programs do: nobody can be asked. */
    private int run(String... more) {
        List<String> all = new ArrayList<>(List.of("setup", "--dir=" + directory.resolve("made")));
        if (List.of(more).contains("--yes")) {
            all.addAll(List.of(
                    "--person=nobody",
                    "--home=" + home,
                    "--project=" + project,
                    "--github=https://localhost:" + server.getAddress().getPort(),
                    "--ca=" + directory.resolve("ca.pem")));
        }
        all.addAll(List.of(more));
        return command(all);
    }

    private int command(List<String> all) {
        out.reset();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        return InterlockCommand.run(stream, stream, all.toArray(String[]::new));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** The login of gh is enough. The repository of the project is open, whatever the names of the others say. */
    @Test
    void repositoryOfTheProjectIsOpen() throws Exception {
        Path login = Files.createDirectories(home.resolve(".config/gh")).resolve("hosts.yml");
        Files.writeString(login, "github.com:\n    oauth_token: " + TOKEN + "\n");
        Files.writeString(
                project.resolve(".git/config"), "[remote \"origin\"]\n\turl = git@github.com:acme/shop.git\n");

        assertThat(plan()).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .containsPattern("GitHub  acme +shop +agents may work")
                .containsPattern("1 other +protected")
                .contains(login + ":2  (copied; it stays there for you)", "github-git-work", "move 0 tokens")
                .doesNotContain(TOKEN);

        assertThat(plan("--protected=acme/shop")).isEqualTo(ExitCodes.NO);
        assertThat(said()).contains("all names look protected", "GitHub (open: none; protected: acme/demo, acme/shop)");
        assertThat(plan("--protected=acme/shop", "--unprotected=acme/demo", "--json"))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("\"provider\":\"github\"").doesNotContain(TOKEN);
    }

    @Test
    void tokenInTheProjectIsMoved() throws Exception {
        Files.writeString(project.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");

        assertThat(plan("--unprotected=acme/shop")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("move 1 token").doesNotContain("copied;", TOKEN);
    }

    @Test
    void loginOfASubscriptionStaysOutsideAndItsTokenIsTaken() throws Exception {
        Files.writeString(project.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");
        Path programs = Files.createDirectories(home.resolve(".local/bin"));
        for (String program : List.of("claude", "codex")) {
            assertThat(Files.writeString(programs.resolve(program), "#!/bin/sh\n")
                            .toFile()
                            .setExecutable(true))
                    .isTrue();
        }
        String secret = "sk-ant-oat01-" + "a1B2".repeat(24);
        Path login = Files.createDirectories(home.resolve(".claude")).resolve(".credentials.json");
        Files.writeString(login, "{\"claudeAiOauth\":{\"accessToken\":\"" + secret + "\"}}");
        Files.writeString(Files.createDirectories(home.resolve(".codex")).resolve("auth.json"), "{}");

        assertThat(plan("--unprotected=acme/shop")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .contains("Not yet     Claude Code", "`claude setup-token` makes a token for the gateway")
                .contains("Not yet     Codex", "upstream add openai --login")
                .doesNotContain("Model  ", "a1B2");

        Path token = Files.writeString(directory.resolve("token"), secret + "\n");
        assertThat(plan("--unprotected=acme/shop", "--model-key=anthropic=" + token))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(said())
                .contains("Model       anthropic  token of a subscription", "anthropic-key", "start claude")
                .doesNotContain("Not yet     Claude", "a1B2");

        Files.writeString(token, "sk-ant-ort01-" + "a1B2".repeat(24));
        assertThat(plan("--unprotected=acme/shop", "--model-key=anthropic=" + token))
                .isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void withoutTokensItSaysWhatToDo() {
        assertThat(plan()).isEqualTo(ExitCodes.NO);
        assertThat(said()).contains("no token of Railway or GitHub", "--model-key", "interlock init");
    }

    /** Somebody without Railway and GitHub has an agent all the same. */
    @Test
    void agentAloneIsEnough() throws Exception {
        Path program = Files.createDirectories(home.resolve(".local/bin")).resolve("claude");
        assertThat(Files.writeString(program, "#!/bin/sh\n").toFile().setExecutable(true))
                .isTrue();
        Path key = Files.writeString(directory.resolve("key"), "sk-ant-api03-" + "a1B2".repeat(24));

        assertThat(plan("--model-key=anthropic=" + key)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .contains("Packages    crates, go, maven, npm, pypi", "vault, as anthropic-key", "start claude")
                .doesNotContain("Weaker", "a1B2");
        assertThat(plan("--model-key=anthropic=" + key, "--registries=npm,none"))
                .isEqualTo(ExitCodes.OK);
        assertThat(said()).containsPattern("Packages +npm\n");
        assertThat(plan("--model-key=anthropic=" + key, "--registries=rubygems"))
                .isEqualTo(ExitCodes.USAGE);
    }

    private void install(String... programs) throws Exception {
        Path directory = Files.createDirectories(home.resolve(".local/bin"));
        for (String program : programs) {
            assertThat(Files.writeString(directory.resolve(program), "#!/bin/sh\n")
                            .toFile()
                            .setExecutable(true))
                    .isTrue();
        }
    }

    /** What a mistyped name was to protect would be open. */
    @Test
    void mistypedNamesAreUsageErrorsThatNameTheNearest() throws Exception {
        Files.writeString(project.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");
        install("claude");
        Path key = Files.writeString(directory.resolve("key"), "sk-ant-api03-" + "a1B2".repeat(24));
        Map<String, String> nearest = Map.of(
                "--unprotected=acme/shpo",
                "acme/shop",
                "--protected=acme/dmeo",
                "acme/demo",
                "--model-key=antropic=" + key,
                "anthropic",
                "--agents=cluade",
                "claude",
                "--registries=nmp",
                "npm",
                "--without=githb",
                "github");
        nearest.forEach((option, name) -> {
            assertThat(plan(option)).as(said()).isEqualTo(ExitCodes.USAGE);
            assertThat(said()).contains(option.replaceFirst("=.*", ""), name).doesNotContain("setup will");
        });
        assertThat(plan("--agents=codex")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("`codex`, which is not installed");
        assertThat(plan("--unprotected=acme/shop", "--protected=acme/demo", "--agents=claude"))
                .as(said())
                .isEqualTo(ExitCodes.OK);
    }

    /** A token that was found and not understood stays readable; nobody may take that for protection. */
    @Test
    void aProviderThatCannotBeAskedStopsASetupThatNobodyIsAskedAbout() throws Exception {
        Path env = Files.writeString(
                project.resolve(".env"),
                "GITHUB_TOKEN=" + TOKEN + "\nRAILWAY_TOKEN=6f0c1e5a-8d24-4b6b-9f3e-1c7a52e8d901\n");
        Files.setPosixFilePermissions(env, PosixFilePermissions.fromString("rw-------"));
        String nowhere = "--railway=https://localhost:1";

        assertThat(plan("--unprotected=acme/shop", nowhere)).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said())
                .containsPattern("Not asked +railway-token .*/.env:2 +readable by root; it stays there, because")
                .contains("1 token would stay readable", "--without railway");
        assertThat(run("--yes", "--unprotected=acme/shop", nowhere)).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(directory.resolve("made")).doesNotExist();

        assertThat(plan("--unprotected=acme/shop", nowhere, "--without=railway"))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(said()).containsPattern("Not asked +railway-token .*`railway` is left out");
    }

    @Test
    void otherCredentialsAreNamedAndStay() throws Exception {
        Path login = Files.createDirectories(home.resolve(".config/gh")).resolve("hosts.yml");
        Files.writeString(login, "github.com:\n    oauth_token: " + TOKEN + "\n");
        Files.writeString(
                project.resolve(".env"),
                "STRIPE_KEY=" + "sk_live_"
                        + "51Hx9aB3dE5gH7jK9mN1pQ3s\nDATABASE_URL=postgres://shop:h4k9x2mq7v@db.acme.io:5432/shop\n");

        assertThat(plan("--unprotected=acme/shop")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .containsPattern("Other +stripe-key .*/.env:1 +readable by .*; it stays there")
                .containsPattern("Other +address-with-password .*/.env:2 ")
                .doesNotContain("h4k9x2mq7v", "Other       github-token");
    }

    /** What undo leaves, because people have changed it, does not keep them from setting up again. */
    @Test
    void aConfigurationThatIsThereIsMovedAwayByTheCommandThatIsNamed() throws Exception {
        Files.writeString(project.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");
        Path policy = Files.createDirectories(directory.resolve("made/policy"));
        Files.writeString(policy.resolve("interlock.yaml"), "mine");
        Files.writeString(policy.resolve("anthropic.cedar"), "mine");
        Files.writeString(directory.resolve("made/gateway.yaml"), "mine");

        assertThat(plan("--unprotected=acme/shop")).isEqualTo(ExitCodes.NO);
        String command = said().substring(said().indexOf("sudo mkdir")).replace("sudo ", "");
        assertThat(new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor())
                .isZero();
        assertThat(directory.resolve("made.old/interlock.yaml")).hasContent("mine");
        assertThat(plan("--unprotected=acme/shop")).as(said()).isEqualTo(ExitCodes.OK);
    }

    @Test
    void aFinishedSetupIsNeitherAskedForSomethingElseNorSilentAboutAnUnprotectedAgent() throws Exception {
        SetupRecord record = new SetupRecord(directory.resolve("made/setup.json"));
        ProtectStep step = new ProtectStep(
                directory.resolve("made/gateway.yaml"),
                new ProtectStep.ProtectedPerson("65534", "65534", home, "/usr/bin", List.of("claude")));
        SetupStep done = new SetupStep() {
            @Override
            public String name() {
                return step.name();
            }

            @Override
            public String description() {
                return step.description();
            }

            @Override
            public Json.Members intention() {
                return step.intention();
            }

            @Override
            public void perform() {}

            @Override
            public String undoing(Json.Members intention) {
                return "";
            }

            @Override
            public String undo(Json.Members intention) {
                return "";
            }
        };
        new SetupRun(record)
                .perform(
                        List.of(done),
                        Json.object().with("--person", "nobody").with("--unprotected", "acme/shop"),
                        _ -> {});

        assertThat(run("--person=nobody", "--unprotected=acme/demo")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("`--unprotected` was `acme/shop`", "setup --undo");
        assertThat(run("--person=root1")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("`--person` was `nobody`");
        assertThat(run("--person=nobody", "--unprotected=acme/shop")).isEqualTo(ExitCodes.NO);
        assertThat(said()).contains("claude is no longer protected", "sudo interlock setup --yes");
        assertThat(run("--plan")).isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("would", "start claude in the sandbox");
    }
}
