package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@code git push} with the real client and the real server. What is held is also done directly, and loses. */
@Timeout(300)
@Tag("process")
class GitPushTest {

    private static final String PASSWORD = "git-password-of-the-vault-1842";

    @TempDir
    private static Path root;

    private static GitServer server;
    private static ServiceGatewayInstallation house;
    private static int number;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("git"), "needs git");
        server = new GitServer(
                root.resolve("repositories"),
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString(("bot:" + PASSWORD).getBytes(StandardCharsets.UTF_8)));
        Map<String, String> policy = new HashMap<>(ServiceGatewayInstallation.staging("""
                  github:
                    catalog: github
                    address: "%s"
                    resolver: look
                    credentials:
                      work: {environments: [staging], impacts: [read, write, destroy, execute], scheme: Basic}
                      look: {environments: [production], impacts: [read], scheme: Basic}
                    resources:
                      "github:repo/acme/*": {environments: [staging]}
                """.formatted(server.address())));
        policy.computeIfPresent(
                "interlock.yaml",
                (_, yaml) -> yaml.replace("impacts: [read, write], ttl", "impacts: [read, write, destroy, execute], ttl")
                        .replace("agents:", "confirm: {software-keys: true}\nagents:")
                        .replace("  sam: {groups", "  ann: {groups: [owners], keys: [\"ANN\"]}\n  sam: {groups"));
        policy.put("policy.cedar", """
                @id("work")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                @id("an-owner-may-let-an-agent-lose-something")
                @confirm("1 of owners")
                permit (principal, action in [Impact::Action::"destroy", Impact::Action::"execute"],
                        resource in Environment::"staging");
                """);
        Path place = Files.createDirectory(root.resolve("house"));
        house = new ServiceGatewayInstallation(place, policy, Map.of());
        for (String slot : List.of("work", "look")) {
            house.interlock(PASSWORD + "\n", "vault", "put", "--config=" + house.config(), "--basic", "bot", slot)
                    .expect(0);
        }
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        if (house != null) {
            house.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** A clone of a repository of its own, through the gateway. */
    private record Clone(String name, Path directory) {

        static Clone of(String name) throws Exception {
            server.create(name);
            Path seeded = Files.createDirectory(root.resolve("seed" + ++number));
            Clone seed = new Clone(name, seeded);
            seed.git("init", "-q", "-b", "main").expect(0);
            seed.commit("readme.txt", "one\n", "first");
            seed.commit("readme.txt", "two\n", "second");
            seed.direct("push", "-q", direct(name), "main").expect(0);
            Path cloned = root.resolve("clone" + ++number);
            Clone clone = new Clone(name, cloned);
            Programs.run(clone.command(root, lease(), "clone", "-q", through(name), cloned.toString()), "")
                    .expect(0);
            return clone;
        }

        static String through(String name) {
            return "http://127.0.0.1:" + house.port() + "/github/" + name + ".git";
        }

        static String direct(String name) {
            return server.address() + "/" + name + ".git";
        }

        private static String lease() {
            return "Authorization: Bearer " + house.lease();
        }

        private ProcessBuilder command(Path in, String header, String... arguments) {
            List<String> command = new ArrayList<>(List.of("git", "-c", "safe.directory=*", "-c", "user.name=Sam"));
            command.addAll(List.of("-c", "user.email=sam@example.com", "-c", "http.extraHeader=" + header));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command).directory(in.toFile());
            builder.environment().put("GIT_TERMINAL_PROMPT", "0");
            builder.environment().put("HOME", root.toString());
            return builder;
        }

        /** Runs git with the lease. */
        Programs.ProgramResult git(String... arguments) throws Exception {
            return Programs.run(command(directory, lease(), arguments), "");
        }

        /** Runs git with the real password, past the gateway. */
        Programs.ProgramResult direct(String... arguments) throws Exception {
            String password =
                    Base64.getEncoder().encodeToString(("bot:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
            return Programs.run(command(directory, "Authorization: Basic " + password, arguments), "");
        }

        void commit(String file, String text, String message) throws Exception {
            Path path = directory.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
            git("add", ".").expect(0);
            git("commit", "-q", "-m", message).expect(0);
        }

        String id(String revision) throws Exception {
            return git("rev-parse", revision).expect(0).out().strip();
        }

        Map<String, String> refs() throws Exception {
            return server.refs(name);
        }
    }

    private static String hold(String text) {
        Matcher hold = Pattern.compile("H-[0-9A-Z]{26}").matcher(text);
        assertThat(hold.find()).as(text).isTrue();
        return hold.group();
    }

    private static void confirm(String hold) throws Exception {
        house.sign("{\"hold\":\"" + hold + "\"}", "ann");
    }

    @Test
    void ordinaryPushesGoAndLeaveTheServerAsThePushSays() throws Exception {
        Clone clone = Clone.of("acme/ordinary");
        clone.git("switch", "-q", "-c", "feature/one").expect(0);
        clone.commit("a.txt", "a\n", "a");
        clone.git("push", "-q", "origin", "feature/one").expect(0);
        clone.commit("b/c.txt", "c\n", "c");
        clone.git("push", "origin", "feature/one").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/feature/one", clone.id("HEAD"));
        assertThat(server.at("acme/ordinary", "fsck", "--full")).isEmpty();
    }

    @Test
    void aForcedPushIsHeldWithItsReasonInTheTerminalAndGoesOnceConfirmed() throws Exception {
        Clone clone = Clone.of("acme/forced");
        String before = clone.id("HEAD");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("lost.txt", "lost\n", "lost");
        clone.git("push", "-q", "origin", "work").expect(0);
        String lost = clone.id("HEAD");
        clone.git("reset", "-q", "--hard", before).expect(0);
        clone.commit("other.txt", "other\n", "other");

        Programs.ProgramResult refused = clone.git("push", "--force", "origin", "work");
        assertThat(refused.err())
                .contains("remote: interlock: would remove 1 commit by 1 person from work · H-")
                .contains("! [remote rejected] work -> work (interlock: would remove 1 commit");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(clone.refs()).containsEntry("refs/heads/work", lost);

        confirm(hold(refused.err()));
        clone.git("push", "--force", "origin", "work").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/work", clone.id("HEAD"));
    }

    @Test
    void aDeletionIsHeld() throws Exception {
        Clone clone = Clone.of("acme/deleted");
        clone.git("push", "-q", "origin", "HEAD:refs/heads/old").expect(0);

        Programs.ProgramResult refused = clone.git("push", "origin", ":old");
        assertThat(refused.err())
                .contains("remote: interlock: would delete old")
                .contains("! [remote rejected] old (interlock: would delete old · H-");
        assertThat(clone.refs()).containsKey("refs/heads/old");

        confirm(hold(refused.err()));
        clone.git("push", "origin", ":old").expect(0);
        assertThat(clone.refs()).doesNotContainKey("refs/heads/old");
    }
}
