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

    private interface GitRun {
        Programs.ProgramResult git(String... arguments) throws Exception;
    }

    private interface GitUse {
        Programs.ProgramResult with(Clone clone, GitRun git, String address) throws Exception;
    }

    /** Does {@code act} past the gateway, where it goes, and through it, where it is held and changes nothing. */
    private static String held(String name, GitUse prepare, GitUse act) throws Exception {
        Clone control = Clone.of(name + "-direct");
        prepare.with(control, control::direct, Clone.direct(control.name()));
        Map<String, String> given = control.refs();
        act.with(control, control::direct, Clone.direct(control.name())).expect(0);
        assertThat(control.refs()).as("past the gateway it goes").isNotEqualTo(given);

        Clone clone = Clone.of(name);
        prepare.with(clone, clone::direct, Clone.direct(name));
        Map<String, String> before = clone.refs();
        Programs.ProgramResult refused = act.with(clone, clone::git, Clone.through(name));
        assertThat(refused.exit()).as(refused.err()).isEqualTo(1);
        assertThat(clone.refs()).isEqualTo(before);
        return refused.err();
    }

    @Test
    void mirroringIsHeldAsAWholeAndSaysWhatItWouldDelete() throws Exception {
        String text = held(
                "acme/mirrored",
                (clone, git, address) -> {
                    clone.git("remote", "remove", "origin").expect(0);
                    return git.git("push", "-q", address, "main:refs/heads/other");
                },
                (clone, git, address) -> git.git("push", "--mirror", address));
        assertThat(text).contains("interlock: would delete other", "[remote rejected] other");
    }

    @Test
    void aRefThatIsNoBranchAndNoTagIsRefusedByItsName() throws Exception {
        Clone clone = Clone.of("acme/odd");
        for (String ref : List.of("refs/for/main", "refs/pull/1/head", "refs/remotes/origin/main")) {
            assertThat(clone.git("push", "origin", "HEAD:" + ref).err())
                    .contains("remote: interlock: A push may change branches, tags and notes, and not `" + ref + "`")
                    .contains("[remote rejected]");
        }
        assertThat(clone.refs()).containsOnlyKeys("refs/heads/main");
    }

    @Test
    void movingATagIsHeld() throws Exception {
        String text = held(
                "acme/tagged",
                (clone, git, address) -> git.git("push", "-q", address, "main:refs/tags/v1"),
                (clone, git, address) -> git.git("push", "--force", address, "main~1:refs/tags/v1"));
        assertThat(text).contains("[remote rejected] main~1 -> v1 (interlock: ");
    }

    @Test
    void rewindingTheDefaultBranchIsHeld() throws Exception {
        String text = held(
                "acme/rewound",
                (clone, git, address) -> git.git("status"),
                (clone, git, address) -> git.git("push", "--force", address, "main~1:main"));
        assertThat(text).contains("remote: interlock: would remove 1 commit by 1 person from main");
    }

    @Test
    void anOrdinaryPushToTheDefaultBranchIsHeldBecauseItIsBuiltFrom() throws Exception {
        String text = held(
                "acme/main",
                (clone, git, address) -> {
                    clone.commit("a.txt", "a", "a");
                    return git.git("status");
                },
                (clone, git, address) -> git.git("push", address, "main"));
        assertThat(text).contains("execute");
    }

    @Test
    void aChangedWorkflowIsHeld() throws Exception {
        String text = held(
                "acme/workflow",
                (clone, git, address) -> {
                    clone.commit(".github/workflows/ci.yml", "on: push", "ci");
                    return git.git("status");
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
    }

    /** The file lies on the server already, under a harmless name: the push brings no content. */
    @Test
    void aFileThatBecomesAWorkflowByItsNameIsHeld() throws Exception {
        String text = held(
                "acme/renamed",
                (clone, git, address) -> {
                    clone.commit("docs/example/workflows/ci.yml", "on: push", "an example");
                    git.git("push", "-q", address, "main").expect(0);
                    git.git("fetch", "-q", address).expect(0);
                    clone.git("mv", "docs/example", ".github").expect(0);
                    return clone.git("commit", "-q", "-m", "renamed");
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
    }

    /** A commit of a stranger's pull request is on the server, and no branch has it. */
    @Test
    void aBranchOfACommitThatNoBranchHasIsHeld() throws Exception {
        String text = held(
                "acme/stranger",
                (clone, git, address) -> {
                    clone.git("switch", "-q", "-c", "stranger").expect(0);
                    clone.commit("evil.txt", "evil", "evil");
                    git.git("push", "-q", address, "stranger:refs/pull/1/head").expect(0);
                    return clone.git("fetch", "-q", address, "refs/pull/1/head");
                },
                (clone, git, address) -> {
                    clone.git("repack", "-adq").expect(0);
                    return git.git("push", address, "stranger:refs/heads/stranger");
                });
        assertThat(text).contains("execute");
    }

    @Test
    void aStoredSecretInAnyCommitIsRefusedByFileAndLine() throws Exception {
        Clone clone = Clone.of("acme/secret");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("config/app.env", "A=1\nTOKEN=" + PASSWORD + "\n", "oops");
        clone.commit("config/app.env", "A=1\n", "removed again");
        Programs.ProgramResult refused = clone.git("push", "origin", "topic");
        assertThat(refused.err())
                .contains("`config/app.env` line 2", "[remote rejected] topic -> topic (interlock: ")
                .doesNotContain(PASSWORD);
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");
        assertThat(house.log()).doesNotContain(PASSWORD);
        clone.direct("push", "-q", Clone.direct("acme/secret"), "topic").expect(0); // past the gateway it goes
        assertThat(clone.refs()).containsKey("refs/heads/topic");
    }

    @Test
    void tenMegabytesGoInChunksAndArriveObjectByObject() throws Exception {
        Clone clone = Clone.of("acme/large");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        byte[] noise = new byte[10 * 1024 * 1024];
        new java.util.Random(7).nextBytes(noise);
        Files.write(clone.directory().resolve("noise.bin"), noise);
        clone.commit("small.txt", "small", "large");
        clone.git("push", "origin", "topic").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("HEAD"));
        assertThat(server.at("acme/large", "rev-parse", "topic:noise.bin")).isEqualTo(clone.id("HEAD:noise.bin"));
        assertThat(server.at("acme/large", "fsck", "--full")).isEmpty();
    }

    @Test
    void shallowAndPartialClonesWorkAndPush() throws Exception {
        Clone clone = Clone.of("acme/shallow");
        for (String how : List.of("--depth=1", "--filter=blob:none")) {
            Path made = root.resolve("partial" + ++number);
            clone.git("clone", "-q", how, Clone.through("acme/shallow"), made.toString()).expect(0);
            Clone partial = new Clone("acme/shallow", made);
            assertThat(Files.readString(made.resolve("readme.txt"))).isEqualTo("two\n");
            String branch = "topic" + number;
            partial.git("switch", "-q", "-c", branch).expect(0);
            partial.commit("new.txt", "new " + how, "new");
            partial.git("push", "origin", branch).expect(0);
            assertThat(clone.refs()).containsEntry("refs/heads/" + branch, partial.id("HEAD"));
        }
        assertThat(server.at("acme/shallow", "fsck", "--full")).isEmpty();
    }

    @Test
    void aMergeOfBranchesAndManyRefsAtOnceArriveAsTheyAre() throws Exception {
        Clone clone = Clone.of("acme/merged");
        clone.git("switch", "-q", "-c", "one").expect(0);
        clone.commit("one.txt", "1", "one");
        clone.git("switch", "-q", "-c", "two", "main").expect(0);
        clone.commit("two.txt", "2", "two");
        clone.git("merge", "-q", "-m", "merged", "one").expect(0);
        clone.git("push", "--atomic", "-o", "ci.skip", "origin", "one", "two").expect(0);
        assertThat(clone.refs())
                .containsEntry("refs/heads/one", clone.id("one"))
                .containsEntry("refs/heads/two", clone.id("two"));
    }

    @Test
    void aPushBehindTheServerIsToldToFetch() throws Exception {
        Clone clone = Clone.of("acme/behind");
        clone.git("push", "-q", "origin", "main:refs/heads/topic").expect(0);
        Clone other = new Clone("acme/behind", clone.directory());
        other.git("switch", "-q", "-c", "theirs").expect(0);
        other.commit("theirs.txt", "theirs", "theirs");
        other.direct("push", "-q", Clone.direct("acme/behind"), "theirs:topic").expect(0);
        other.git("switch", "-q", "-c", "mine", "main").expect(0);
        other.commit("mine.txt", "mine", "mine");
        assertThat(other.git("push", "origin", "mine:topic").err()).contains("[rejected]");
    }

    @Test
    void withoutALeaseTheReasonIsPrinted() throws Exception {
        Clone clone = Clone.of("acme/anonymous");
        Programs.ProgramResult refused = Programs.run(
                clone.command(clone.directory(), "X-Nothing: 1", "push", Clone.through("acme/anonymous"), "main"), "");
        assertThat(refused.err()).contains("remote: interlock: ");
    }
}
