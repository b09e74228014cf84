package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests pushes that are more than they look like. Each goes where nobody looks, in the same test. */
@Timeout(300)
@Tag("process")
class GitSmugglingTest {

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

    /** Gives the repository a submodule, as people have it. */
    private static void addSubmodule(GitHouse.Clone clone, String address) throws Exception {
        Files.writeString(clone.directory().resolve(".gitmodules"), submodule("https://git.example/acme/part.git"));
        clone.git("add", ".gitmodules").expect(0);
        point(clone, clone.id("HEAD"), "a part");
        clone.direct("push", "-q", address, "main").expect(0);
        clone.direct("fetch", "-q", address).expect(0);
    }

    private static String submodule(String url) {
        return "[submodule \"part\"]\n\tpath = part\n\turl = " + url + "\n";
    }

    /** Commits {@code commit} of another repository as the state of its part. */
    private static void point(GitHouse.Clone clone, String commit, String message) throws Exception {
        clone.git("update-index", "--add", "--cacheinfo", "160000," + commit + ",part")
                .expect(0);
        clone.git("commit", "-q", "-m", message).expect(0);
    }

    /** Whoever clones with `--recurse-submodules`, as pipelines do, fetches from the new address. */
    @Test
    void anotherAddressOfASubmoduleIsHeld() throws Exception {
        String text = house.held(
                "acme/submodule",
                (clone, _, address) -> {
                    addSubmodule(clone, address);
                    Path modules = clone.directory().resolve(".gitmodules");
                    Files.writeString(modules, submodule("https://evil.example/part.git"));
                    return clone.git("commit", "-q", "-a", "-m", "another address");
                },
                (_, git, address) -> git.git("push", address, "main:refs/heads/topic"));
        assertThat(text).contains("execute", "topic: a file tells machines or agents what to run");
    }

    /** The pointer of a submodule is content like any other: it names a commit at an address that stays. */
    @Test
    void aSubmoduleAtAnotherCommitIsAnOrdinaryPush() throws Exception {
        GitHouse.Clone clone = house.repository("acme/pointer");
        addSubmodule(clone, house.direct("acme/pointer"));
        String other = clone.id("HEAD");
        point(clone, other, "a newer part");
        clone.git("push", "origin", "main:refs/heads/topic").expect(0);
        assertThat(house.server.at("acme/pointer", "rev-parse", "topic:part")).isEqualTo(other);
    }

    /** The server follows such a branch: a push to `next` moves `main`. */
    @Test
    void aBranchThatStandsForAnotherOneIsRefused() throws Exception {
        String next = "refs/heads/next";
        GitHouse.Clone clone = house.repository("acme/symbolic");
        house.server.at("acme/symbolic", "symbolic-ref", next, "refs/heads/main");
        clone.commit("a.txt", "a", "a");
        Map<String, String> before = clone.refs();

        assertThat(clone.git("push", "origin", "main:" + next).err())
                .contains("remote: interlock: `refs/heads/next` stands for another branch.")
                .contains("remote: Next: Push to that branch itself.");
        assertThat(clone.refs()).isEqualTo(before);

        clone.direct("push", "-q", house.direct("acme/symbolic"), "main:" + next)
                .expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/main", clone.id("HEAD"));
    }

    /** The fork of a stranger shares its objects with the repository, as on large hosts: the push brings nothing. */
    @Test
    void aCommitThatOnlyAForkHasIsHeld() throws Exception {
        String text = house.held(
                "acme/original",
                (clone, git, address) -> {
                    String name = address.endsWith("-direct.git") ? "acme/original-direct" : "acme/original";
                    Path fork = house.server.create(name + "-fork");
                    clone.git("switch", "-q", "-c", "stranger").expect(0);
                    clone.commit("evil.txt", "evil", "evil");
                    git.git("push", "-q", house.direct(name + "-fork"), "stranger")
                            .expect(0);
                    Path objects = root.resolve("repositories").resolve(name + ".git/objects/info");
                    Files.createDirectories(objects);
                    Files.writeString(objects.resolve("alternates"), fork.resolve("objects") + "\n");
                    return clone.git("status");
                },
                (_, git, address) -> git.git("push", address, "stranger:refs/heads/stranger"));
        assertThat(text).contains("execute");
    }

    /** A delta against what only the server has would show the gateway no whole file. */
    @Test
    void aThinPackIsRefused() throws Exception {
        GitHouse.Clone clone = house.repository("acme/thin");
        String lines = "line\n".repeat(1000);
        clone.commit("long.txt", lines, "long");
        clone.direct("push", "-q", house.direct("acme/thin"), "main").expect(0);
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("long.txt", lines + "more\n", "longer");
        Path packed = root.resolve("thin.pack");
        ProcessBuilder packing = new ProcessBuilder(
                        "sh",
                        "-c",
                        "printf 'topic\\n^main\\n'"
                                + " | git -c safe.directory=* pack-objects -q --revs --thin --stdout > " + packed)
                .directory(clone.directory().toFile());
        Programs.run(packing, "").expect(0);
        String command = "0".repeat(40) + " " + clone.id("HEAD") + " refs/heads/topic";
        byte[] pack = Files.readAllBytes(packed);

        assertThat(sent(house.through("acme/thin"), "Authorization: Bearer " + house.gateway.lease(), command, pack))
                .contains(
                        "ng refs/heads/topic interlock: The pack of the push has deltas against objects that it does");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");

        assertThat(sent(house.direct("acme/thin"), house.password(), command, pack))
                .contains("ok refs/heads/topic");
    }

    /**
     * No server that the gateway speaks for offers to take a certificate: the client says so and sends nothing. The
     * same push goes to a server that takes one, and to this one if the client only signs when asked.
     */
    @Test
    void aSignedPushIsNotOfferedAndOneThatSignsIfAskedGoes() throws Exception {
        GitHouse.Clone clone = house.repository("acme/signed");
        house.server.at("acme/signed", "config", "receive.certNonceSeed", "seed");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("a.txt", "a", "a");
        Path key = root.resolve("signer");
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString()), "")
                .expect(0);
        clone.git("config", "gpg.format", "ssh").expect(0);
        clone.git("config", "user.signingKey", key.toString()).expect(0);
        assertThat(clone.git("push", "--signed", "origin", "topic").err())
                .contains("the receiving end does not support --signed push");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");
        clone.git("push", "-q", "--signed=if-asked", "origin", "topic").expect(0);
        assertThat(clone.refs()).containsEntry("refs/heads/topic", clone.id("HEAD"));
        clone.direct("push", "-q", "--signed", house.direct("acme/signed"), "topic:refs/heads/other")
                .expect(0);
    }

    /**
     * The gateway asks for a manifest that the push does not bring. As one stands here a stranger's commit, which would
     * then count as the repository's. The server refuses that push, but not the next one.
     */
    @Test
    void aCommitInPlaceOfAManifestBecomesNoCommitOfABranch() throws Exception {
        GitHouse.Clone clone = house.repository("acme/posing");
        clone.git("switch", "-q", "-c", "stranger").expect(0);
        clone.commit("evil.txt", "evil", "evil");
        clone.direct("push", "-q", house.direct("acme/posing"), "stranger:refs/pull/1/head")
                .expect(0);
        byte[] entry = "100644 package.json\0".getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream tree = new ByteArrayOutputStream();
        tree.writeBytes(entry);
        tree.writeBytes(HexFormat.of().parseHex(clone.id("HEAD")));
        Files.write(clone.directory().resolve("tree"), tree.toByteArray());
        String posing = clone.git("hash-object", "-t", "tree", "--literally", "-w", "tree")
                .expect(0)
                .out()
                .strip();
        String commit = clone.git("commit-tree", "-m", "posing", "-p", "main", posing)
                .expect(0)
                .out()
                .strip();
        ProcessBuilder packing = new ProcessBuilder("sh", "-c", "git -c safe.directory=* pack-objects -q posing")
                .directory(clone.directory().toFile());
        String name = Programs.run(packing, commit + "\n" + posing + "\n")
                .expect(0)
                .out()
                .strip();
        byte[] pack = Files.readAllBytes(clone.directory().resolve("posing-" + name + ".pack"));
        String lease = "Authorization: Bearer " + house.gateway.lease();
        String topic = "0".repeat(40) + " " + commit + " refs/heads/topic";
        assertThat(sent(house.through("acme/posing"), lease, topic, pack)).contains("ng refs/heads/topic");

        clone.git("repack", "-adq").expect(0);
        assertThat(clone.git("push", "origin", "stranger").err()).contains(" · H-");
    }

    /** The server would keep the second file, although no ref leads to it, and nobody has looked at it. */
    @Test
    void anObjectThatNoRefNeedsIsRefused() throws Exception {
        GitHouse.Clone clone = house.repository("acme/smuggled");
        clone.git("switch", "-q", "-c", "topic").expect(0);
        clone.commit("new.txt", "new", "new");
        Files.writeString(clone.directory().resolve("hidden.bin"), "hidden");
        String hidden =
                clone.git("hash-object", "-w", "hidden.bin").expect(0).out().strip();
        Path packed = root.resolve("smuggled.pack");
        ProcessBuilder packing = new ProcessBuilder(
                        "sh",
                        "-c",
                        "(git rev-list --objects main..topic; echo " + hidden
                                + ") | cut -c1-40 | git -c safe.directory=* pack-objects -q --stdout > " + packed)
                .directory(clone.directory().toFile());
        Programs.run(packing, "").expect(0);
        String command = "0".repeat(40) + " " + clone.id("HEAD") + " refs/heads/topic";

        assertThat(sent(
                        house.through("acme/smuggled"),
                        "Authorization: Bearer " + house.gateway.lease(),
                        command,
                        Files.readAllBytes(packed)))
                .contains("ng refs/heads/topic interlock: The pack of the push has objects that none of its refs");
        assertThat(clone.refs()).doesNotContainKey("refs/heads/topic");

        assertThat(sent(house.direct("acme/smuggled"), house.password(), command, Files.readAllBytes(packed)))
                .contains("ok refs/heads/topic");
        assertThat(house.server.at("acme/smuggled", "cat-file", "-p", hidden)).isEqualTo("hidden");
    }

    /** A body of an unknown length is read piece by piece, and nobody could say to how much it unpacks. */
    @Test
    void aCompressedPushOfUnknownLengthIsRefused() throws Exception {
        Path body = root.resolve("compressed");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(body))) {
            out.write("0000".getBytes(StandardCharsets.US_ASCII));
        }
        house.repository("acme/compressed");
        List<String> curl = List.of(
                "curl",
                "-sS",
                "-H",
                "Authorization: Bearer " + house.gateway.lease(),
                "-H",
                "Content-Type: application/x-git-receive-pack-request",
                "-H",
                "Content-Encoding: gzip",
                "-H",
                "Transfer-Encoding: chunked",
                "--data-binary",
                "@" + body,
                house.through("acme/compressed") + "/git-receive-pack");
        assertThat(Programs.run(curl, "").expect(0).out())
                .contains("The push is compressed as a whole", "Push without a Content-Encoding");
    }

    /** Sends a push byte by byte, as no Git client would. */
    private static String sent(String address, String header, String command, byte[] pack) throws Exception {
        Path body = root.resolve("crafted");
        String line = command + "\0report-status";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(String.format(Locale.ROOT, "%04x%s0000", line.length() + 4, line)
                .getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(pack);
        Files.write(body, bytes.toByteArray());
        List<String> curl = List.of(
                "curl",
                "-sS",
                "-H",
                header,
                "-H",
                "Content-Type: application/x-git-receive-pack-request",
                "--data-binary",
                "@" + body,
                address + "/git-receive-pack");
        return Programs.run(curl, "").expect(0).out();
    }
}
