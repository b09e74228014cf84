package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.shapes.CredentialKind;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the findings of stray credentials for people and for code hosts. */
class AdoptCommandTest {

    private static final String TOKEN = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String workspace() {
        return directory.toString();
    }

    private void plant() throws IOException {
        Files.createDirectory(directory.resolve("my src"));
        Files.writeString(directory.resolve("my src/push.sh"), "#!/bin/sh\nTOKEN=" + TOKEN + "\n");
    }

    @Test
    @Tag("process")
    void anEmptyResultIsReported() {
        assertThat(run("adopt", "--check", "--no-home", workspace())).isEqualTo(ExitCodes.OK);
        assertThat(printed()).startsWith("✓ No credential in 0 files");
    }

    @Test
    @Tag("process")
    void aPersonIsToldWhatItOpensWhereItLiesAndWhatToDo() throws IOException {
        plant();
        assertThat(run("adopt", "--check", "--no-home", workspace())).isEqualTo(ExitCodes.NO);
        assertThat(printed())
                .contains("✗ critical  github-token  ghp_… (40 characters)")
                .contains("opens   GitHub")
                .contains("seen    my src/push.sh:2")
                .contains("renew   Delete it under Settings")
                .doesNotContain(TOKEN.substring(4));
    }

    /** The author of a file name must not be able to erase the text about it. */
    @Test
    @Tag("process")
    void theNameOfAFileDoesNothingToTheTerminal() throws IOException {
        String name = "a\033[2K\033[1A\r\n✓ No credential";
        Files.writeString(directory.resolve(name), TOKEN + "\n");
        assertThat(run("adopt", "--check", "--no-home", workspace())).isEqualTo(ExitCodes.NO);
        assertThat(printed())
                .contains("seen    a\\u{1b}[2K\\u{1b}[1A\\u{d}\\u{a}✓ No credential:1")
                .doesNotContain("\033", "\r");
    }

    /** They would be critical, and the person who has just moved them would look for what went wrong. */
    @Test
    @Tag("process")
    void ourOwnDecoysAreNoFindingForWhoeverMayReadTheVault() throws IOException {
        plant();
        Path config = Files.writeString(
                Files.createDirectory(directory.resolve("etc")).resolve("gateway.yaml"),
                """
                origin: interlock.example/acme
                listen: 127.0.0.1:7411
                data: data
                run: run
                admins: [root]
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(TestingKey.software().line()));
        String work = directory.resolve("my src").toString();
        String named = "--config=" + config;
        assertThat(run("adopt", "--take-all", "--no-home", named, work)).isEqualTo(ExitCodes.OK);
        out.reset();

        assertThat(run("adopt", "--check", "--no-home", named, work)).isEqualTo(ExitCodes.OK);
        assertThat(printed())
                .contains("· decoy  github-token", "seen    push.sh:2", "✓ No credential in 1 file")
                .doesNotContain("critical");
        out.reset();
        assertThat(run("adopt", "--check", "--no-home", "--json", named, work)).isEqualTo(ExitCodes.OK);
        Json.Members json = Json.readObject(printed().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(json.objects("credentials")).isEmpty();
        assertThat(json.objects("decoys")).hasSize(1);

        Files.writeString(directory.resolve("my src/other.sh"), TOKEN.replace('a', 'b') + "\n");
        assertThat(run("adopt", "--check", "--no-home", named, work)).isEqualTo(ExitCodes.NO);
        assertThat(printed()).contains("✗ critical  github-token", "seen    other.sh:1");
    }

    @Test
    @Tag("process")
    void jsonReportsTheSame() throws IOException {
        plant();
        assertThat(run("adopt", "--check", "--no-home", "--json", workspace())).isEqualTo(ExitCodes.NO);
        Json.Members found = Json.readObject(printed().strip().getBytes(StandardCharsets.UTF_8));
        Json.Members one = found.objects("credentials").getFirst();
        assertThat(one.text("kind")).isEqualTo("github-token");
        assertThat(one.text("danger")).isEqualTo("critical");
        assertThat(one.objects("seen").getFirst().text("path"))
                .isEqualTo(directory.resolve("my src/push.sh").toString());
        assertThat(printed()).doesNotContain(TOKEN.substring(4));
    }

    @Test
    @Tag("process")
    void unreadableFilesAreNotCalledClean() throws IOException {
        Files.createDirectory(directory.resolve(".git"));
        Files.writeString(directory.resolve(".git/HEAD"), "nonsense");
        assertThat(run("adopt", "--check", "--no-home", workspace())).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("not checked: git history");
    }

    @Test
    @Tag("process")
    void aDirectoryThatIsNamedThroughALinkIsLookedAt() throws IOException {
        plant();
        Path link = Files.createSymbolicLink(directory.resolveSibling(directory.getFileName() + "-link"), directory);
        try {
            assertThat(run("adopt", "--check", "--no-home", link.toString())).isEqualTo(ExitCodes.NO);
            assertThat(printed()).contains("seen    my src/push.sh:2");
        } finally {
            Files.delete(link);
        }
    }

    @Test
    @Tag("process")
    void skippedPathsAreReported() {
        assertThat(run("adopt", "--check", "--no-home", "/proc/sys")).isEqualTo(ExitCodes.OK);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("skipped, because it belongs to the kernel: `/proc/sys`: proc");
        assertThat(run("adopt", "--check", "--no-home", "--json", "/proc/sys")).isEqualTo(ExitCodes.OK);
        assertThat(printed()).contains("\"passed\":[\"`/proc/sys`: proc\"]");
    }

    @Test
    @Tag("process")
    void whatBelongsToForgettingIsRefusedWithoutIt() {
        assertThat(run("adopt", "--yes", "--no-home", workspace())).isEqualTo(ExitCodes.USAGE);
    }

    /** A user who may write a file could search for a name that gives it another credential's identifier. */
    @Test
    void anAmbiguousIdentifierIsRefused() {
        CredentialKind kind = CredentialKinds.known().kinds().getFirst();
        List<FoundCredential> two = Stream.of("m.env", "zcache.env")
                .map(name -> new FoundCredential(
                        "91d2e70a4c1f",
                        kind,
                        new Secret(TOKEN),
                        List.of(new CredentialPlace.FilePlace(directory.resolve(name), 1, 0))))
                .toList();
        assertThatThrownBy(() -> AdoptCommand.requireOne(two))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("m.env")
                .hasMessageContaining("zcache.env");
        AdoptCommand.requireOne(two.subList(0, 1));
    }

    @Test
    @Tag("process")
    void twoThatAreToldApartFillNoSlotTogether() throws IOException {
        Files.writeString(directory.resolve(".env"), "A=" + TOKEN + "\nB=" + TOKEN.replace('a', 'b') + "\n");
        run("adopt", "--check", "--no-home", "--json", workspace());
        List<String> ids =
                Json.readObject(printed().strip().getBytes(StandardCharsets.UTF_8)).objects("credentials").stream()
                        .map(one -> one.text("id"))
                        .toList();
        assertThat(ids).hasSize(2);
        assertThat(run(
                        "adopt",
                        "--no-home",
                        "--take=" + ids.getFirst() + "=deploy",
                        "--take=" + ids.getLast() + "=deploy",
                        workspace()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("`deploy` is named twice");
    }
}
