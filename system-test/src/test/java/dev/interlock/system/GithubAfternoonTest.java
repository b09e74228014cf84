package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests an afternoon's work at GitHub inside of {@code run}, with the real git and the real {@code gh}, under the
 * policy that {@code init} and {@code upstream add github} write.
 */
@Tag("process")
class GithubAfternoonTest {

    private static final String MODEL_KEY = "sk-ant-api03-" + "Zq8vK2xR7m".repeat(9) + "a1B2c";
    private static final String TOKEN = "ghp_" + "Zq8vK2xR7m".repeat(3) + "a1B2c3";

    @TempDir
    private static Path root;

    private static GitHost git;
    private static GithubApi api;
    private static ScriptedModel model;
    private static Process gateway;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("gh") && Programs.has("git"), "needs gh and git");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        git = new GitHost(root);
        git.publish("acme/shop", "greet.sh", "echo helo\n");
        api = new GithubApi(TOKEN);
        model = new ScriptedModel(ModelWire.ANTHROPIC, MODEL_KEY);
        Files.writeString(hosts(), "127.0.0.1 localhost\n" + git.hostLine() + api.hostLine() + model.hostLine());
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", key()), "")
                .expect(0);
        interlock(
                "init",
                "--dir=" + made(),
                "--organisation=acme",
                "--person=ann",
                "--key=" + key() + ".pub",
                "--data=" + root.resolve("data"),
                "--run=" + root.resolve("run"),
                "--listen=127.0.0.1:" + Programs.freePort(),
                "--upstream=railway",
                "--address=https://backboard.railway.com",
                "--place=railway:environment/5d1a9c52=staging");
        Files.createDirectory(
                root.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectory(root.resolve("run"));
        Path config = made().resolve("gateway.yaml");
        Files.writeString(
                config, Files.readString(config).replaceFirst("(?m)^console:.*$", "console: off") + "\nproxy: true\n");
        interlock("seal", "--config=" + config, "--key=" + key());
        up(config);
        add("github", TOKEN, api.authority() + git.authority(), "--unprotected=acme/shop");
        add("anthropic", MODEL_KEY, model.authority());
        // Their names lead to this machine.
        Path policy = made().resolve("policy/interlock.yaml");
        Files.writeString(
                policy,
                Files.readString(policy)
                        .replaceAll(
                                "(?m)^    address: https://(api\\.github|github|api\\.anthropic)\\.com$",
                                "$0\n    private: true"));
        interlock("seal", "--config=" + config, "--key=" + key());
    }

    private static void add(String provider, String secret, String authority, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("upstream", "add", provider));
        command.add("--config=" + made().resolve("gateway.yaml"));
        command.add("--key=" + key());
        command.add("--token-from=file:" + Files.writeString(root.resolve(provider), secret));
        command.add("--ca=" + Files.writeString(root.resolve(provider + ".pem"), authority));
        command.addAll(List.of(more));
        interlock(command.toArray(String[]::new));
    }

    private static Path made() {
        return root.resolve("interlock");
    }

    private static Path hosts() {
        return root.resolve("hosts");
    }

    private static String key() {
        return root.resolve("ann").toString();
    }

    private static ProcessBuilder command(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(Programs.interlock(root, List.of(arguments)));
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Djdk.net.hosts.file=" + hosts());
        return builder;
    }

    private static Programs.ProgramResult interlock(String... arguments) throws Exception {
        return Programs.run(command(arguments), "").expect(0);
    }

    private static void up(Path config) throws Exception {
        gateway = command("up", "--same-user", "--config=" + config)
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gateway.log").toFile())
                .start();
        AdminClient admin = AdminClient.at(root.resolve("run/admin.sock"));
        Programs.await("the gateway answers", () -> {
            if (!gateway.isAlive()) {
                throw new AssertionError(Files.readString(root.resolve("gateway.log")));
            }
            try {
                return admin.call("status", Json.object()).flag("enforcing");
            } catch (IOException e) {
                return false;
            }
        });
    }

    @AfterAll
    static void stop() throws IOException {
        if (gateway != null) {
            Programs.stop(gateway);
        }
        if (model != null) {
            model.close();
        }
        if (api != null) {
            api.close();
        }
        if (git != null) {
            git.close();
        }
    }

    private static Path workspace(String name) throws IOException {
        Path workspace = Files.createDirectory(root.resolve(name));
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxrwxrwx"));
        return workspace;
    }

    private static List<String> holds() throws Exception {
        return AdminClient.at(root.resolve("run/admin.sock")).call("hold.list", Json.object()).items("holds").stream()
                .map(String::valueOf)
                .toList();
    }

    @Test
    void anAfternoonOfClaudeCodeAtGithubHasNoRefusalAndNoHold() throws Exception {
        Path shop = workspace("afternoon").resolve("shop");
        CodingAgent claude = CodingAgent.CLAUDE_CODE;
        List<ScriptedModel.Step> steps = new ArrayList<>();
        steps.add(claude.shell("git clone -q https://github.com/acme/shop && cd shop && git config user.name agent"
                + " && git config user.email agent@example.com && git switch -q -c spelling"));
        steps.addAll(claude.misspellAndMend(shop.resolve("hello.sh")));
        steps.add(claude.shell(
                "cd " + shop + " && sh hello.sh | grep -qx hello && git add -A && git commit -qm 'Spell it'"
                        + " && git push -q -u origin spelling"));
        steps.add(claude.shell("cd " + shop + " && gh pr create --title 'Spell it' --body 'It said helo.'"
                + " --head spelling --base main && gh pr comment 1 --body Ready. && gh pr view 1 --comments"));
        steps.add(claude.shell("gh run view 7 --log -R acme/shop"));

        List<String> command = new ArrayList<>(claude.options());
        command.add("--read=" + root.resolve("agents"));
        String start = claude.command(claude.staged(root));
        model.follow(steps);
        Programs.ProgramResult ended = run(shop.getParent(), command, start);

        assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
        assertThat(model.results()).hasSameSizeAs(steps).noneMatch(result -> result.contains("interlock"));
        assertThat(git.commits("acme/shop", "spelling")).isEqualTo(2);
        assertThat(api.pulls).containsExactly("R_shop Spell it");
        assertThat(api.comments).containsExactly("PR_shop Ready.");
        assertThat(model.results().getLast()).contains("helo is not hello");
        assertThat(api.asked).contains("storage");
        assertThat(holds()).isEmpty();
        assertThat(api.asked).noneMatch(asked -> asked.startsWith("unauthorized"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PR_website", "PR_unknown"})
    void whatIsElsewhereOrUnknownIsNotCommented(String id) throws Exception {
        List<String> before = List.copyOf(api.comments);

        Programs.ProgramResult ended = run(
                workspace(id),
                List.of(),
                "gh api graphql -f query='mutation CommentCreate { addComment(input: {subjectId: \"" + id
                        + "\", body: \"Hello\"}) { commentEdge { node { url } } } }'");

        assertThat(ended.exit()).as(ended.out() + ended.err()).isNotZero();
        assertThat(ended.out() + ended.err()).contains("production");
        assertThat(api.comments).isEqualTo(before);
    }

    private static Programs.ProgramResult run(Path workspace, List<String> options, String script) throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--agent=ann/agent", "--task=work"));
        command.add("--config=" + made().resolve("gateway.yaml"));
        command.add("--workspace=" + workspace);
        command.addAll(options);
        command.addAll(List.of("--", "/bin/sh", "-c", script));
        return Programs.run(command(command.toArray(String[]::new)), "");
    }
}
