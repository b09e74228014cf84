package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests other clients than git, and other servers: JGit, isomorphic-git, git-lfs, and nginx before git's own server.
 */
@Timeout(300)
@Tag("process")
class GitClientsTest {

    @TempDir
    private static Path root;

    private static GitHouse house;

    private enum Kind {
        JGIT,
        ISOMORPHIC;

        private String repository(String what) {
            return "acme/" + what + "-" + name().toLowerCase(Locale.ROOT);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Programs.has("git") && NginxGit.isInstalled(), "needs git, nginx and fcgiwrap");
        house = new GitHouse(root, "", true);
    }

    @AfterAll
    static void stop() throws Exception {
        if (house != null) {
            house.close();
        }
    }

    private static GitClient client(Kind kind, String name, String address, String authorization) throws Exception {
        Path directory = root.resolve(kind + "-" + name.replace('/', '-'));
        return switch (kind) {
            case JGIT -> new GitClient.JGit(directory, address, authorization);
            case ISOMORPHIC -> {
                assumeTrue(GitClient.Isomorphic.isInstalled(), "needs isomorphic-git");
                yield new GitClient.Isomorphic(GitClient.Isomorphic.script(root), directory, address, authorization);
            }
        };
    }

    private static GitClient through(Kind kind, String name) throws Exception {
        return client(kind, name, house.through(name), "Bearer " + house.gateway.lease());
    }

    @ParameterizedTest
    @EnumSource
    void whatAClientPushesArrivesAndWhatOthersPushIsFetched(Kind kind) throws Exception {
        String name = kind.repository("ordinary");
        GitHouse.Clone other = house.repository(name);
        GitClient client = through(kind, name);
        client.cloned().expect();
        String made = client.commit("topic", "main", "a.txt").expect().said();
        client.push("topic", false).expect();
        assertThat(other.refs()).containsEntry("refs/heads/topic", made);
        String more = client.commit("second", "topic", "b.txt").expect().said();
        client.push("second", false).expect();
        assertThat(other.refs()).containsEntry("refs/heads/second", more);
        assertThat(house.server.at(name, "fsck", "--full")).isEmpty();

        other.git("fetch", "-q", "origin").expect(0);
        other.git("switch", "-q", "topic").expect(0);
        other.commit("theirs.txt", "theirs", "theirs");
        other.git("push", "-q", "origin", "topic").expect(0);
        assertThat(client.fetch("topic").expect().said()).endsWith(other.id("HEAD"));
    }

    @ParameterizedTest
    @EnumSource
    void aForcedPushIsHeldAndTheReasonReachesTheUserOfEachClient(Kind kind) throws Exception {
        String name = kind.repository("forced");
        String control = name + "-direct";
        house.repository(control);
        assertThat(forced(kind, client(kind, control, house.direct(control), house.basic()), control))
                .as("past the gateway it goes")
                .doesNotContain("interlock");

        GitHouse.Clone other = house.repository(name);
        GitClient client = through(kind, name);
        String said = forced(kind, client, name);
        assertThat(said)
                .contains("interlock: removes 1 commit by 1 person from topic of ", " · H-", "Next: Wait until people");
        house.confirm(GitHouse.hold(said));
        Map<String, String> before = other.refs();
        client.push("topic", true).expect();
        assertThat(other.refs()).isNotEqualTo(before);
    }

    /** Clones, pushes a branch, and pushes another commit in place of its last one. Returns what that push says. */
    private static String forced(Kind kind, GitClient client, String name) throws Exception {
        client.cloned().expect();
        String lost = client.commit("topic", "main", "lost.txt").expect().said();
        client.push("topic", false).expect();
        assertThat(house.server.refs(name)).as(kind.name()).containsEntry("refs/heads/topic", lost);
        String made = client.commit("topic", "main", "other.txt").expect().said();
        GitClient.ClientResult result = client.push("topic", true);
        assertThat(house.server.refs(name)).containsEntry("refs/heads/topic", result.hasFailed() ? lost : made);
        return result.said();
    }

    @ParameterizedTest
    @EnumSource
    void aCloneWithoutALeaseSaysWhy(Kind kind) throws Exception {
        String name = kind.repository("anonymous");
        house.repository(name);
        GitClient.ClientResult refused =
                client(kind, name, house.through(name), "Bearer ilk_none").cloned();
        assertThat(refused.hasFailed()).isTrue();
        assertThat(refused.said()).contains("interlock: Policy forbids this", "Next: Send the lease");
    }

    /** A repository that keeps some files in Git LFS, and a clone in which there is a new one. */
    private static GitHouse.Clone large(String name) throws Exception {
        GitHouse.Clone clone = house.repository(name);
        clone.git("lfs", "install", "--local").expect(0);
        clone.git("lfs", "track", "*.bin").expect(0);
        clone.git("add", ".").expect(0);
        clone.git("commit", "-q", "-m", "large files").expect(0);
        clone.direct("push", "-q", "--no-verify", house.direct(name), "main").expect(0);
        clone.git("fetch", "-q", "origin").expect(0);
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("large.bin", "large\n", "large");
        return clone;
    }

    @Test
    void aFileOfLfsIsRefusedWithItsReasonAndThePointerIsAnOrdinaryFile() throws Exception {
        assumeTrue(Programs.has("git-lfs"), "needs git-lfs");
        GitHouse.Clone clone = large("acme/lfs");
        Programs.ProgramResult refused = clone.git("push", "origin", "topic");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err())
                .contains("batch response: interlock: Git LFS sends files beside Git")
                .contains("Next: Clone with `GIT_LFS_SKIP_SMUDGE=1`. Commit the file without LFS")
                .doesNotContain("proper access", "uthentication");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");

        clone.git("push", "--no-verify", "origin", "topic").expect(0);
        assertThat(house.server.at("acme/lfs", "show", "topic:large.bin")).startsWith("version https://git-lfs");
        String smudge = "filter.lfs.smudge=git-lfs smudge -- %f";
        String into = root.resolve("lfs-clone").toString();
        String[] cloning = {"-c", smudge, "clone", "-q", "-b", "topic", house.through("acme/lfs"), into};
        assertThat(clone.git(cloning).err())
                .contains("interlock: Git LFS sends files beside Git")
                .contains("Next: Clone with `GIT_LFS_SKIP_SMUDGE=1`.");
    }
}
