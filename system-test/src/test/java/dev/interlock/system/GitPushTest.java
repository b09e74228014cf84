package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests {@code git push} with the real client and the real server. What is held is also done directly, and loses. */
@Timeout(300)
@Tag("process")
class GitPushTest {

    @TempDir
    private static Path root;

    private static GitHouse house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("git"), "needs git");
        house = new GitHouse(root, "");
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
    }

    @Test
    @Tag("promise")
    void ordinaryPushesGoAndLeaveTheServerAsThePushSays() throws Exception {
        GitHouse.Clone clone = house.repository("acme/ordinary");
        clone.git("switch", "-q", "-c", "feature/one").expect(0);
        clone.commit("a.txt", "a\n", "a");
        clone.git("push", "-q", "origin", "feature/one").expect(0);
        clone.commit("b/c.txt", "c\n", "c");
        clone.git("push", "origin", "feature/one").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/feature/one", clone.id("HEAD"));
        assertThat(house.server.at("acme/ordinary", "fsck", "--full")).isEmpty();
    }

    /** The server is asked for its refs once: the gateway has kept what the push before brought. */
    @Test
    void thePushAfterAPushAsksTheServerForItsRefsAlone() throws Exception {
        GitHouse.Clone clone = house.repository("acme/again");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a/b.txt", "a\n", "a");
        clone.git("push", "-q", "origin", "topic").expect(0);
        clone.commit("a/b.txt", "b\n", "b");
        house.server.requests.clear();
        clone.git("push", "-q", "origin", "topic").expect(0);
        assertThat(house.server.requests)
                .filteredOn(request -> request.contains("upload-pack"))
                .hasSize(1);
    }

    /** The other tests speak version 2. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "1"})
    void olderVersionsOfTheProtocolFetchAndPush(String version) throws Exception {
        String protocol = "protocol.version=" + version;
        house.repository("acme/version" + version);
        GitHouse.Clone clone = house.cloned("acme/version" + version, "-c", protocol);
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("-c", protocol, "push", "-q", "origin", "topic").expect(0);
        clone.git("-c", protocol, "fetch", "-q", "origin").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("origin/topic"));
    }

    /** Git's own server leaves out nothing unless it is told to, and ends such a request without a word. */
    @Test
    void aServerWithoutPartialClonesTakesPushesAndHoldsAsWell() throws Exception {
        GitHouse.Clone clone = house.repository("acme/whole");
        house.server.at("acme/whole", "config", "uploadpack.allowFilter", "false");
        clone.git("switch", "-q", "-c", "topic", "HEAD~1").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "topic").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("HEAD"));
        assertThat(clone.git("push", "--force", "origin", "HEAD~1:main").err()).contains("removes 1 commit");
    }

    @Test
    @Tag("promise")
    void aForcedPushIsHeldWithItsReasonInTheTerminalAndGoesOnceConfirmed() throws Exception {
        GitHouse.Clone clone = house.repository("acme/forced");
        String before = clone.id("HEAD");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("lost.txt", "lost\n", "lost");
        clone.git("push", "-q", "origin", "work").expect(0);
        String lost = clone.id("HEAD");
        clone.git("reset", "-q", "--hard", before).expect(0);
        clone.commit("other.txt", "other\n", "other");

        Programs.ProgramResult refused = clone.git("push", "--force", "origin", "work");
        assertThat(refused.err())
                .contains("remote: interlock: removes 1 commit by 1 person from work of ", " · H-")
                .contains("! [remote rejected] work -> work (interlock: removes 1 commit");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(clone.refs()).containsEntry("refs/heads/work", lost);

        house.confirm(GitHouse.hold(refused.err()));
        clone.git("push", "--force", "origin", "work").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/work", clone.id("HEAD"));
    }

    @Test
    void mirroringIsHeldAsAWholeAndSaysWhatItWouldDelete() throws Exception {
        String text = house.held(
                "acme/mirrored",
                (clone, git, address) -> {
                    clone.git("remote", "remove", "origin").expect(0);
                    return git.git("push", "-q", address, "main:refs/heads/other");
                },
                (clone, git, address) -> git.git("push", "--mirror", address));
        assertThat(text).contains("interlock: deletes branch other", "[remote rejected] other");
    }

    @Test
    void aRefThatIsNoBranchAndNoTagIsRefusedByItsName() throws Exception {
        GitHouse.Clone clone = house.repository("acme/odd");
        for (String ref : List.of("refs/changes/01/1/1", "refs/pull/1/head", "refs/remotes/origin/main")) {
            assertThat(clone.git("push", "origin", "HEAD:" + ref).err())
                    .contains(
                            "remote: interlock: A push may change branches, tags and notes, or open a review (`refs/for/`), and not `"
                                    + ref + "`")
                    .contains("[remote rejected]");
        }
        assertThat(clone.refs()).containsOnlyKeys("refs/heads/main");
    }

    @Test
    void movingATagIsHeld() throws Exception {
        String text = house.held(
                "acme/tagged",
                (clone, git, address) -> git.git("push", "-q", address, "main:refs/tags/v1"),
                (clone, git, address) -> git.git("push", "--force", address, "main~1:refs/tags/v1"));
        assertThat(text).contains("[remote rejected] main~1 -> v1 (interlock: ");
    }

    @Test
    void rewindingTheDefaultBranchIsHeld() throws Exception {
        String text = house.held(
                "acme/rewound",
                (clone, git, address) -> git.git("status"),
                (clone, git, address) -> git.git("push", "--force", address, "main~1:main"));
        assertThat(text).contains("remote: interlock: removes 1 commit by 1 person from main");
    }

    @Test
    void anOrdinaryPushToTheDefaultBranchIsHeldBecauseItIsBuiltFrom() throws Exception {
        String text = house.held(
                "acme/main",
                (clone, git, address) -> {
                    clone.commit("a.txt", "a", "Add the total\n\nIt was missing.");
                    return git.git("status");
                },
                (clone, git, address) -> git.git("push", address, "main"));
        assertThat(text).contains("execute");
        Json.Members shown =
                house.gateway.admin().call("hold.show", Json.object().with("hold", GitHouse.hold(text)));
        assertThat(shown.text("rendering"))
                .as("people read the commits")
                .containsPattern("[0-9a-f]{7} Add the total, by Sam");
        assertThat(shown.text("statement")).doesNotContain("Add the total");
    }

    @Test
    void aChangedWorkflowIsHeld() throws Exception {
        String text = house.held(
                "acme/workflow",
                (clone, git, address) -> {
                    clone.commit(".github/workflows/ci.yml", "on: push\nrun: test\n", "ci");
                    git.git("push", "-q", address, "main").expect(0);
                    clone.commit(".github/workflows/ci.yml", "on: push\nrun: deploy\n", "ci");
                    return git.git("fetch", "-q", address);
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
        Json.Members shown =
                house.gateway.admin().call("hold.show", Json.object().with("hold", GitHouse.hold(text)));
        assertThat(shown.text("rendering"))
                .as("people read what machines would run")
                .contains("File .github/workflows/ci.yml\n", " on: push\n", "-run: test\n", "+run: deploy\n");
        assertThat(shown.text("statement")).contains("\"diff\"").doesNotContain("run: deploy");
    }

    @Test
    void aCommitThatCommandsABotIsHeld() throws Exception {
        String text = house.held(
                "acme/command",
                (clone, git, address) -> {
                    clone.commit("a.txt", "a", "Fix it\n\n@claude deploy this");
                    return git.git("status");
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
    }

    private static String manifest(String scripts) {
        return "{\"version\": \"1\", \"scripts\": {" + scripts + "}}\n";
    }

    @Test
    void aManifestThatGainsAScriptAtInstallationIsHeld() throws Exception {
        String text = house.held(
                "acme/install",
                (clone, git, address) -> {
                    clone.commit("package.json", manifest("\"prepare\": \"husky\""), "a package");
                    git.git("push", "-q", address, "main").expect(0);
                    clone.commit(
                            "package.json", manifest("\"prepare\": \"husky\", \"postinstall\": \"node a.js\""), "more");
                    return git.git("fetch", "-q", address);
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
    }

    @Test
    void aManifestThatIsALinkIsHeld() throws Exception {
        String text = house.held(
                "acme/linked",
                (clone, git, address) -> {
                    Files.createSymbolicLink(clone.directory().resolve("package.json"), Path.of("other.json"));
                    clone.commit("other.json", manifest("\"postinstall\": \"node a.js\""), "a link");
                    return git.git("status");
                },
                (clone, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute");
    }

    /** The copy of the gateway has no files' contents: it asks for the manifest that the push builds on. */
    @Test
    void aManifestThatKeepsItsScriptsAtInstallationPasses() throws Exception {
        GitHouse.Clone clone = house.repository("acme/kept");
        String address = house.direct("acme/kept");
        clone.commit("package.json", manifest("\"postinstall\": \"node a.js\""), "a package");
        clone.direct("push", "-q", address, "main").expect(0);
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("package.json", manifest("\"postinstall\": \"node a.js\", \"test\": \"jest\""), "tests");
        clone.git("push", "-q", "origin", "topic").expect(0);

        clone.git("switch", "-q", "main").expect(0);
        clone.commit("package.json", manifest("\"install\": \"make\""), "by others");
        clone.direct("push", "-q", address, "main").expect(0);
        clone.git("switch", "-q", "topic").expect(0);
        clone.git("merge", "-q", "-s", "ours", "-m", "merged", "main").expect(0);
        clone.git("push", "-q", "origin", "topic").expect(0);
        clone.git("checkout", "-q", "main", "package.json").expect(0);
        clone.commit("a.txt", "a", "taken over");
        assertThat(clone.git("push", "origin", "topic").err()).contains(" · H-");
    }

    /** The file lies on the server already, under a harmless name: the push brings no content. */
    @Test
    void aFileThatBecomesAWorkflowByItsNameIsHeld() throws Exception {
        String text = house.held(
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
        String text = house.held(
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

    /** It has come by the gateway, which keeps what branches and tags have: this one no branch has yet. */
    @Test
    void aBranchOfACommitThatOnlyNotesHaveIsHeld() throws Exception {
        GitHouse.Clone clone = house.repository("acme/noted");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "topic:refs/notes/work").expect(0);
        assertThat(clone.git("push", "origin", "topic").err()).contains(" · H-");
    }

    @Test
    @Tag("promise")
    void aStoredSecretInAnyCommitIsRefusedByFileAndLine() throws Exception {
        GitHouse.Clone clone = house.repository("acme/secret");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("config/app.env", "A=1\nTOKEN=" + GitHouse.PASSWORD + "\n", "oops");
        clone.commit("config/app.env", "A=1\n", "removed again");
        Programs.ProgramResult refused = clone.git("push", "origin", "topic");
        assertThat(refused.err())
                .contains("`config/app.env` line 2", "[remote rejected] topic -> topic (interlock: ")
                .doesNotContain(GitHouse.PASSWORD);
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");
        assertThat(house.gateway.log()).doesNotContain(GitHouse.PASSWORD);
        clone.direct("push", "-q", house.direct("acme/secret"), "topic").expect(0); // past the gateway it goes
        assertThat(clone.refs()).containsKey("refs/heads/topic");
    }

    @Test
    void tenMegabytesGoInChunksAndArriveObjectByObject() throws Exception {
        GitHouse.Clone clone = house.repository("acme/large");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        byte[] noise = new byte[10 * 1024 * 1024];
        new Random(7).nextBytes(noise);
        Files.write(clone.directory().resolve("noise.bin"), noise);
        clone.commit("small.txt", "small", "large");
        clone.git("push", "origin", "topic").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("HEAD"));
        assertThat(house.server.at("acme/large", "rev-parse", "topic:noise.bin"))
                .isEqualTo(clone.id("HEAD:noise.bin"));
        assertThat(house.server.at("acme/large", "fsck", "--full")).isEmpty();
    }

    @Test
    void shallowAndPartialClonesWorkAndPush() throws Exception {
        GitHouse.Clone clone = house.repository("acme/shallow");
        for (String how : List.of("--depth=1", "--filter=blob:none")) {
            GitHouse.Clone partial = house.cloned("acme/shallow", how);
            assertThat(Files.readString(partial.directory().resolve("readme.txt")))
                    .isEqualTo("two\n");
            String branch = "topic" + how.length();
            partial.git("switch", "-q", "-c", branch).expect(0);
            partial.commit("new.txt", "new " + how, "new");
            partial.git("push", "origin", branch).expect(0);
            assertThat(clone.refs()).containsEntry("refs/heads/" + branch, partial.id("HEAD"));
        }
        assertThat(house.server.at("acme/shallow", "fsck", "--full")).isEmpty();
    }

    /** Nobody can say what is lost there. */
    @Test
    void aServerThatItselfIsAShallowCloneHasItsDeletionsHeld() throws Exception {
        house.repository("acme/deep");
        Path deep = root.resolve("repositories/acme/deep.git");
        house.server.at("acme/deep", "clone", "-q", "--bare", "--depth=1", "file://" + deep, "../cut.git");
        house.server.at("acme/cut", "config", "http.receivepack", "true");
        GitHouse.Clone clone = house.cloned("acme/cut");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "topic").expect(0);
        assertThat(clone.git("push", "origin", ":topic").err()).contains(" · H-");
    }

    @Test
    void anEmptyRepositoryGetsItsFirstBranchAndNotes() throws Exception {
        GitHouse.Clone clone = house.repository("acme/filled");
        house.server.create("acme/empty");
        clone.git("push", "-q", house.through("acme/empty"), "main:refs/heads/topic")
                .expect(0);
        assertThat(house.server.refs("acme/empty")).containsEntry("refs/heads/topic", clone.id("main"));
        clone.git("notes", "add", "-m", "a note").expect(0);
        clone.git("push", "-q", house.through("acme/empty"), "refs/notes/commits")
                .expect(0);
        assertThat(house.server.refs("acme/empty")).containsEntry("refs/notes/commits", clone.id("refs/notes/commits"));
    }

    /** The server has the last word, and the receipt says what it was. */
    @Test
    void aPushThatTheServerRefusesHasFailed() throws Exception {
        GitHouse.Clone clone = house.repository("acme/hooked");
        Path hook = root.resolve("repositories/acme/hooked.git/hooks/pre-receive");
        Files.createDirectories(hook.getParent());
        Files.writeString(hook, "#!/bin/sh\necho not today\nexit 1\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(clone.git("push", "origin", "HEAD:refs/heads/topic").err())
                .contains("remote: not today", "[remote rejected] HEAD -> topic (pre-receive hook declined)");
        String receipts = house.gateway
                .interlock("", "receipts", "--config=" + house.gateway.config(), "--limit", "1", "--json")
                .expect(0)
                .out();
        assertThat(receipts).contains("failed");
    }

    /** Others have changed a workflow on the default branch, and the agent merges that into a branch of its own. */
    @Test
    void mergingWhatTheServerHasBringsNothingNew() throws Exception {
        GitHouse.Clone clone = house.repository("acme/updated");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "topic").expect(0);
        clone.git("switch", "-q", "main").expect(0);
        clone.commit(".github/workflows/ci.yml", "on: push", "ci");
        clone.direct("push", "-q", house.direct("acme/updated"), "main").expect(0);
        clone.git("switch", "-q", "topic").expect(0);
        clone.git("merge", "-q", "-m", "merged", "main").expect(0);
        clone.git("push", "-q", "origin", "topic").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("HEAD"));
    }

    @Test
    void aMergeOfBranchesAndManyRefsAtOnceArriveAsTheyAre() throws Exception {
        GitHouse.Clone clone = house.repository("acme/merged");
        clone.git("switch", "-q", "-c", "one").expect(0);
        clone.commit("one.txt", "1", "one");
        clone.git("switch", "-q", "-c", "two", "main").expect(0);
        clone.commit("two.txt", "2", "two");
        clone.git("merge", "-q", "-m", "merged", "one").expect(0);
        clone.git("push", "--atomic", "origin", "one", "two").expect(0);
        assertThat(clone.refs())
                .containsEntry("refs/heads/one", clone.id("one"))
                .containsEntry("refs/heads/two", clone.id("two"));
    }

    /** An option may change a repository's visibility, or set a variable of its CI: nobody has judged it. */
    @Test
    void optionsOfAPushAreNotOffered() throws Exception {
        GitHouse.Clone clone = house.repository("acme/options");
        Programs.ProgramResult pushed = clone.git("push", "-o", "repo.private=false", "origin", "HEAD:refs/heads/one");
        assertThat(pushed.err()).contains("does not support push options");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/one");
    }

    @Test
    void withoutALeaseTheReasonIsPrinted() throws Exception {
        GitHouse.Clone clone = house.repository("acme/anonymous");
        Programs.ProgramResult refused = clone.with("X-Nothing: 1", "push", house.through("acme/anonymous"), "main");
        assertThat(refused.err()).contains("remote: interlock: ");
    }

    /** With {@code Prefer: wait} a held push goes by itself once a person has confirmed it. */
    @Test
    void aPushMayWaitForPeople() throws Exception {
        GitHouse.Clone clone = house.repository("acme/waiting");
        clone.git("push", "-q", "origin", "HEAD:refs/heads/old").expect(0);
        CompletableFuture<Programs.ProgramResult> push = CompletableFuture.supplyAsync(() -> {
            try {
                return clone.git("-c", "http.extraHeader=Prefer: wait=250", "push", "origin", ":old");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        StringBuilder hold = new StringBuilder();
        Programs.await("the push is held", () -> {
            String holds =
                    house.gateway.admin().call("hold.list", Json.object()).canonicalText();
            int at = holds.indexOf("acme/waiting");
            if (at < 0) {
                return false;
            }
            Matcher id = Pattern.compile("H-[0-9A-Z]{26}").matcher(holds);
            while (id.find()) {
                // Its own statement: what a set of holds asks names the others' repositories too.
                String statement = house.gateway
                        .admin()
                        .call("hold.show", Json.object().with("hold", id.group()))
                        .text("statement");
                if (statement.contains("acme/waiting")) {
                    hold.append(id.group());
                    return true;
                }
            }
            return false;
        });
        house.confirm(hold.toString());
        assertThat(push.join().expect(0).err())
                .contains("remote: interlock: " + hold + " waits for people, for 2")
                .contains("Deletes branch old of acme/waiting in staging")
                .contains("remote: interlock: signed; the push goes on")
                .contains("- [deleted]         old");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/old");
    }

    /** Returns what people sign for, without the facts, which say how it was asked for. */
    private static String meaning(String hold) throws Exception {
        String statement = house.gateway
                .admin()
                .call("hold.show", Json.object().with("hold", hold))
                .text("statement");
        return Json.readObject(statement.getBytes(StandardCharsets.UTF_8)).object("meaning").objects("actions").stream()
                .map(action -> action.without(Set.of("facts")).canonicalText())
                .toList()
                .toString();
    }

    @Test
    void aDeletionIsHeldAndTheSameByTheApiIsTheSameHold() throws Exception {
        GitHouse.Clone clone = house.repository("acme/same");
        clone.git("push", "-q", "origin", "HEAD:refs/heads/old").expect(0);
        String refused = clone.git("push", "origin", ":old").err();
        assertThat(refused)
                .contains("remote: interlock: deletes branch old of acme/same in staging · H-")
                .contains("! [remote rejected] old (interlock: deletes branch old of acme/same in staging · H-");
        assertThat(clone.git("push", "--prune", "origin", "refs/heads/*:refs/heads/*")
                        .err())
                .contains("interlock: deletes branch old of acme/same in staging · H-");
        assertThat(clone.refs()).containsKey("refs/heads/old");
        String push = GitHouse.hold(refused);
        String rest = GitHouse.hold(house.gateway.curl("DELETE", "/github/repos/acme/same/git/refs/heads/old"));
        assertThat(meaning(push)).isEqualTo(meaning(rest)).contains("github/git/delete-ref", "github:repo/acme/same");
    }
}
