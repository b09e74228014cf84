package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that history which a push drops is kept before, and comes back although the server has thrown it away. */
@Timeout(300)
@Tag("process")
class GitUndoTest {

    @TempDir
    private static Path root;

    private static GitHouse house;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("git"), "needs git");
        house = new GitHouse(root, "undo: {for: 7d, agent-for: 1h}\n");
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
    }

    /** Returns the receipt of the last intent. */
    private static String last() throws Exception {
        String listed = house.gateway
                .interlock(
                        "",
                        "receipts",
                        "--config=" + house.gateway.config(),
                        "--kind",
                        "intent",
                        "--limit",
                        "1",
                        "--json")
                .expect(0)
                .out();
        Matcher id = Pattern.compile("R-[0-9A-Z]{26}").matcher(listed);
        assertThat(id.find()).as(listed).isTrue();
        return id.group();
    }

    private static String undo(String receipt, String... more) throws Exception {
        String[] arguments = new String[3 + more.length];
        arguments[0] = "undo";
        arguments[1] = receipt;
        arguments[2] = "--config=" + house.gateway.config();
        System.arraycopy(more, 0, arguments, 3, more.length);
        return house.gateway.interlock("", arguments).expect(0).out();
    }

    /** Nobody is asked about a forced push to a branch of the agent's own, because it can be undone. */
    @Test
    void aForcedPushGoesAndTheOldCommitsComeBack() throws Exception {
        GitHouse.Clone clone = house.repository("acme/rewritten");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.commit("b.txt", "b", "b");
        clone.git("push", "-q", "origin", "work").expect(0);
        Map<String, String> before = clone.refs();
        String kept = clone.id("HEAD");
        clone.git("reset", "-q", "--hard", "main").expect(0);
        clone.commit("c.txt", "c", "c");
        clone.git("push", "--force", "origin", "work").expect(0);
        String receipt = last();
        house.server.at("acme/rewritten", "reflog", "expire", "--expire=now", "--all");
        house.server.at("acme/rewritten", "gc", "-q", "--prune=now");
        assertThat(house.server.at("acme/rewritten", "cat-file", "--batch-all-objects", "--batch-check"))
                .as("the server has thrown it away")
                .doesNotContain(kept);

        assertThat(undo(receipt, "--show")).contains("refs/heads/work");
        assertThat(undo(receipt)).contains("Everything is back as it was before");
        assertThat(clone.refs()).isEqualTo(before);
        assertThat(house.server.at("acme/rewritten", "fsck", "--full", "--strict", "--no-dangling"))
                .isEmpty();
        assertThat(house.server.at("acme/rewritten", "show", "work:b.txt")).isEqualTo("b");
    }

    /** Only the one commit that is dropped is kept, and not the long history before it. */
    @Test
    void whatIsKeptIsOnlyWhatIsLost() throws Exception {
        GitHouse.Clone clone = house.repository("acme/long");
        byte[] noise = new byte[200_000];
        new Random(5).nextBytes(noise);
        Files.write(clone.directory().resolve("noise.bin"), noise);
        clone.commit("a.txt", "a", "long");
        clone.direct("push", "-q", house.direct("acme/long"), "main:work").expect(0);
        clone.direct("push", "-q", house.direct("acme/long"), ":main").expect(0);
        clone.commit("b.txt", "b", "b");
        clone.git("push", "-q", "origin", "main:work").expect(0);
        Map<String, String> before = clone.refs();
        clone.git("push", "--force", "origin", "main~1:work").expect(0);
        String receipt = last();
        assertThat(clone.refs()).isNotEqualTo(before);
        undo(receipt);
        assertThat(clone.refs()).isEqualTo(before);
    }

    /** All commits have the same name, as one who forges it would have it. */
    @Test
    void whatSomebodyElsePushedIsNotTheAgentsWhateverNameItHas() throws Exception {
        GitHouse.Clone clone = house.repository("acme/shared");
        clone.git("switch", "-q", "-c", "feature").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.direct("push", "-q", house.direct("acme/shared"), "feature").expect(0);
        Map<String, String> before = clone.refs();
        assertThat(clone.git("push", "origin", ":feature").err())
                .contains("removes 1 commit by 1 person", "others' work", "waits for people");
        clone.git("push", "-q", "origin", "feature:copy").expect(0);
        assertThat(clone.git("push", "origin", ":feature", ":copy").err()).contains("others' work");
        clone.git("push", "-q", "origin", ":copy").expect(0);
        clone.git("commit", "-q", "--amend", "-m", "b").expect(0);
        assertThat(clone.git("push", "--force", "origin", "feature").err()).contains("others' work");
        assertThat(clone.refs()).isEqualTo(before);
    }

    @Test
    void aDeletedBranchAndTagComeBack() throws Exception {
        GitHouse.Clone clone = house.repository("acme/gone");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "work").expect(0);
        Map<String, String> before = clone.refs();
        clone.git("push", "origin", ":work").expect(0);
        String receipt = last();
        assertThat(clone.refs()).doesNotContainKey("refs/heads/work");
        house.server.at("acme/gone", "gc", "-q", "--prune=now");

        undo(receipt);
        assertThat(clone.refs()).isEqualTo(before);
        assertThat(house.server.at("acme/gone", "fsck", "--full", "--strict", "--no-dangling"))
                .isEmpty();
    }

    /** The facts are those of the repository, by whatever door a deletion comes. */
    @Test
    void aBranchDeletedByTheApiIsJudgedAsByGit() throws Exception {
        GitHouse.Clone clone = house.repository("acme/api");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "work").expect(0);
        Map<String, String> before = clone.refs();
        house.gateway.curl("DELETE", "/github/repos/acme/api/git/refs/heads/work");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/work");
        house.server.at("acme/api", "gc", "-q", "--prune=now");
        undo(last());
        assertThat(clone.refs()).isEqualTo(before);

        clone.git("switch", "-q", "-c", "theirs", "main").expect(0);
        clone.commit("b.txt", "b", "b");
        clone.direct("push", "-q", house.direct("acme/api"), "theirs").expect(0);
        assertThat(house.gateway.curl("DELETE", "/github/repos/acme/api/git/refs/heads/theirs"))
                .contains("removes 1 commit by 1 person", "others' work", "H-");
        assertThat(clone.refs()).containsKey("refs/heads/theirs");
    }

    @Test
    void aRewoundDefaultBranchIsHeldAllTheSame() throws Exception {
        GitHouse.Clone clone = house.repository("acme/rewound");
        Map<String, String> before = clone.refs();
        Programs.ProgramResult refused = clone.git("push", "--force", "origin", "main~1:main");
        assertThat(refused.err()).contains("removes 1 commit by 1 person from main");
        assertThat(clone.refs()).isEqualTo(before);

        house.confirm(GitHouse.hold(refused.err()));
        clone.git("push", "--force", "origin", "main~1:main").expect(0);
        assertThat(clone.refs()).isNotEqualTo(before);
        undoWithAnn(last());
        assertThat(clone.refs()).isEqualTo(before);
    }

    /** Putting back is a push to the default branch, which is confirmed like any. */
    private static void undoWithAnn(String receipt) throws Exception {
        String answer = house.gateway.curl("POST", "/.interlock/undo/" + receipt);
        house.gateway.sign(answer, "ann");
        assertThat(house.gateway.curl("POST", "/.interlock/undo/" + receipt)).contains("\"restored\":true");
    }

    @Test
    void aLaterChangeIsNotOverwritten() throws Exception {
        GitHouse.Clone clone = house.repository("acme/later");
        clone.git("switch", "-q", "-c", "work").expect(0);
        clone.commit("a.txt", "a", "a");
        clone.git("push", "-q", "origin", "work").expect(0);
        clone.git("push", "origin", ":work").expect(0);
        String receipt = last();
        clone.direct("push", "-q", house.direct("acme/later"), "main:refs/heads/work")
                .expect(0);

        String answer = house.gateway.curl("POST", "/.interlock/undo/" + receipt);
        assertThat(answer).contains("refs/heads/work", "403");
        assertThat(clone.refs()).containsEntry("refs/heads/work", clone.id("main"));
    }
}
