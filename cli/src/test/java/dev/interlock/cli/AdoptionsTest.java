package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.cli.Adoptions.MovedCredential;
import dev.interlock.config.Config;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests credentials that move from files into the vault and back, on a real vault. */
class AdoptionsTest {

    private static final String TOKEN = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";

    @TempDir
    private Path directory;

    private Path workspace;
    private Path configFile;

    @BeforeEach
    void install() throws IOException {
        workspace = Files.createDirectory(directory.resolve("work"));
        configFile = Files.writeString(directory.resolve("gateway.yaml"), """
                origin: interlock.example/acme
                listen: 127.0.0.1:7411
                data: data
                run: run
                admins: [root]
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(
                        TestingKey.software().line()));
    }

    private Adoptions adoptions() throws IOException {
        return new Adoptions(Config.read(configFile), configFile);
    }

    private List<FoundCredential> found() throws IOException {
        return CredentialSurvey.of(
                        new CredentialSurvey.SurveyScope(workspace, Optional.empty(), Map.of(), List.of(), false),
                        CredentialKinds.known())
                .credentials();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(workspace.resolve(name), text);
    }

    /** An adoption of everything below the root directory, as root, must leave the gateway intact. */
    @Test
    @Tag("process")
    void theGatewaysOwnCredentialsAreRecognised() throws Exception {
        Path own = Files.createDirectories(directory.resolve("data/ledger-state"));
        Files.writeString(own.resolve("key"), "token " + TOKEN + "\n");
        CredentialSurvey.SurveyScope ground =
                new CredentialSurvey.SurveyScope(directory, Optional.empty(), Map.of(), List.of("work"), false);
        assertThat(CredentialSurvey.of(ground, CredentialKinds.known()).credentials())
                .singleElement()
                .satisfies(one -> assertThat(adoptions().isGatewaysOwn(one)).isTrue());
        file("database", TOKEN + "\n");
        assertThat(adoptions().isGatewaysOwn(found().getFirst())).isFalse();
    }

    /** certbot does this: gateway.yaml names a link, and a search through directories finds its target. */
    @Test
    @Tag("process")
    void whatIsNamedByALinkIsTheGatewaysOwnAndSoAreTheConsolesKeyAndThoseOfBackups() throws Exception {
        Path archive = Files.createDirectory(directory.resolve("archive"));
        for (String name : List.of("front1.key", "console.key", "backup.key", "attest", "other")) {
            Files.writeString(archive.resolve(name), "token " + TOKEN.replace('a', name.charAt(0)) + "\n");
        }
        Files.createSymbolicLink(directory.resolve("front.key"), Path.of("archive", "front1.key"));
        Files.writeString(
                configFile,
                Files.readString(configFile)
                        + "tls: {certificate: front.pem, key: front.key}\n"
                        + "console: {tls: {certificate: console.pem, key: archive/console.key}}\n");
        Files.writeString(
                directory.resolve("backups.yaml"),
                "attest-key: archive/attest\nplans: {p: {of: \"a:b/c\", source: {directory: /d}, "
                        + "restic: {repository: /r, password-file: archive/backup.key}}}\n");
        CredentialSurvey.SurveyScope ground =
                new CredentialSurvey.SurveyScope(archive, Optional.empty(), Map.of(), List.of(), false);
        List<FoundCredential> all =
                CredentialSurvey.of(ground, CredentialKinds.known()).credentials();
        assertThat(all).hasSize(5);
        for (FoundCredential one : all) {
            assertThat(adoptions().isGatewaysOwn(one))
                    .as(one.seen().toString())
                    .isEqualTo(!one.seen().toString().contains("other"));
        }
    }

    @Test
    @Tag("process")
    void anAdoptedCredentialIsRemovedAndRestoredExactly() throws Exception {
        Path env = file(".env", "# é\nGITHUB_TOKEN=" + TOKEN + "\nPORT=1\n");
        Path notes = file("notes.md", "first\n" + TOKEN + " and again " + TOKEN + "\n");
        Files.setPosixFilePermissions(env, PosixFilePermissions.fromString("rw-r-----"));
        FileTime written = FileTime.from(Instant.parse("2026-01-02T03:04:05.678901234Z"));
        Files.setLastModifiedTime(env, written);
        byte[] before = Files.readAllBytes(env);
        byte[] notesBefore = Files.readAllBytes(notes);

        MovedCredential taken = adoptions().take(found().getFirst(), Optional.empty());
        assertThat(taken.whole()).isTrue();
        assertThat(taken.places()).hasSize(3);
        assertThat(Files.readString(env))
                .doesNotContain(TOKEN)
                .contains("GITHUB_TOKEN=ghp_")
                .endsWith("\nPORT=1\n");
        assertThat(Files.readString(notes)).doesNotContain(TOKEN);
        assertThat(Files.size(env)).isEqualTo(before.length);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(env)))
                .isEqualTo("rw-r-----");
        assertThat(Files.getLastModifiedTime(env))
                .as("a decoy is not told by its time")
                .isEqualTo(written);
        assertThat(adoptions().isDecoy(found().getFirst())).isTrue();

        MovedCredential back = adoptions().giveBack(taken.id());
        assertThat(back.whole()).isTrue();
        assertThat(Files.readAllBytes(env)).isEqualTo(before);
        assertThat(Files.readAllBytes(notes)).isEqualTo(notesBefore);
        assertThat(Files.getLastModifiedTime(env)).isEqualTo(written);
        assertThat(adoptions().taken()).isEmpty();
        assertThat(adoptions().isDecoy(found().getFirst())).isFalse();
    }

    @Test
    @Tag("process")
    void theVaultsFilesDoNotRevealAdoptedCredentials() throws Exception {
        file(".env", "GITHUB_TOKEN=" + TOKEN + "\n");
        adoptions().take(found().getFirst(), Optional.empty());
        try (var files = Files.walk(directory.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain(TOKEN.substring(4))
                        .doesNotContain(".env");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
    }

    /** A file that changed meanwhile is somebody's work. A credential that cannot be given back stays in the vault. */
    @Test
    @Tag("process")
    void aChangedFileIsLeftAlone() throws Exception {
        Path env = file(".env", "GITHUB_TOKEN=" + TOKEN + "\n");
        Path other = file("other.txt", TOKEN + "\n");
        FoundCredential seen = found().getFirst();
        Files.writeString(other, "shifted " + TOKEN + "\n");
        MovedCredential taken = adoptions().take(seen, Optional.empty());
        assertThat(taken.whole()).isFalse();
        assertThat(Files.readString(other)).isEqualTo("shifted " + TOKEN + "\n");
        Files.writeString(env, "GITHUB_TOKEN=\n");
        assertThat(adoptions().giveBack(taken.id()).whole()).isFalse();
        assertThat(Files.readString(env)).isEqualTo("GITHUB_TOKEN=\n");
        assertThat(adoptions().taken()).containsExactly(taken.id());
    }

    /** Root writes here; the workspace's owner could plant a link in the file's place. */
    @Test
    @Tag("process")
    void noLinkIsFollowed() throws Exception {
        Path env = file(".env", "GITHUB_TOKEN=" + TOKEN + "\n");
        FoundCredential seen = found().getFirst();
        Path precious = Files.writeString(directory.resolve("precious"), "GITHUB_TOKEN=" + TOKEN + "\n");
        Files.delete(env);
        Files.createSymbolicLink(env, precious);
        assertThat(adoptions().take(seen, Optional.empty()).whole()).isFalse();
        assertThat(Files.readString(precious)).contains(TOKEN);
    }

    @Test
    void unadoptedCredentialsAreNotRestored() {
        assertThatThrownBy(() -> adoptions().giveBack("abc123"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("taken are: none");
    }

    /** This holds for directories on the way too: root would write the credential where somebody else reads. */
    @Test
    @Tag("process")
    void noDirectoryThatHasBecomeALinkIsFollowed() throws Exception {
        Path inner = Files.createDirectory(workspace.resolve("inner"));
        Path env = file("inner/.env", "GITHUB_TOKEN=" + TOKEN + "\n");
        MovedCredential taken = adoptions().take(found().getFirst(), Optional.empty());
        assertThat(taken.whole()).isTrue();
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.copy(env, elsewhere.resolve(".env"));
        Files.move(inner, workspace.resolve("moved"));
        Files.createSymbolicLink(inner, elsewhere);
        assertThat(adoptions().giveBack(taken.id()).whole()).isFalse();
        assertThat(Files.readString(elsewhere.resolve(".env"))).doesNotContain(TOKEN);
        assertThat(adoptions().taken()).as("it is not forgotten").containsExactly(taken.id());
        Files.delete(inner);
        Files.move(workspace.resolve("moved"), inner);
        assertThat(adoptions().giveBack(taken.id()).whole()).isTrue();
        assertThat(Files.readString(env)).contains(TOKEN);
    }

    /** The place is stored as text, and would never be found again. */
    @Test
    @Tag("process")
    void whatLiesInAFileWithoutANameIsNotTaken() throws Exception {
        int exit = new ProcessBuilder(
                        "sh",
                        "-c",
                        "printf 'GITHUB_TOKEN=%s\\n' \"$1\" > \"$2/$(printf 'l\\344t.env')\"",
                        "sh",
                        TOKEN,
                        workspace.toString())
                .inheritIO()
                .start()
                .waitFor();
        assertThat(exit).isZero();
        FoundCredential seen = found().getFirst();
        assertThat(adoptions().isReturnable(seen)).isFalse();
        assertThatThrownBy(() -> adoptions().take(seen, Optional.empty())).isInstanceOf(IllegalArgumentException.class);
        assertThat(adoptions().taken()).isEmpty();
        assertThat(found().getFirst().secret().<String>use(text -> text)).isEqualTo(TOKEN);
    }

    @Test
    @Tag("process")
    void whatIsThereAgainAlreadyAndWhatIsOneFileUnderTwoNamesIsWhole() throws Exception {
        Path env = file(".env", "GITHUB_TOKEN=" + TOKEN + "\n");
        Files.createLink(workspace.resolve("same"), env);
        MovedCredential taken = adoptions().take(found().getFirst(), Optional.empty());
        assertThat(taken.whole()).isTrue();
        assertThat(taken.places()).hasSize(2);
        Files.writeString(env, "GITHUB_TOKEN=" + TOKEN + "\n");
        assertThat(adoptions().giveBack(taken.id()).whole()).isTrue();
        assertThat(adoptions().taken()).isEmpty();
    }

    @Test
    @Tag("process")
    void whatNobodyCanPutBackIsForgottenOnlyWhenSaid() throws Exception {
        Path env = file(".env", "GITHUB_TOKEN=" + TOKEN + "\n");
        String id = adoptions().take(found().getFirst(), Optional.empty()).id();
        Files.delete(env);
        MovedCredential back = adoptions().giveBack(id);
        assertThat(back.places())
                .singleElement()
                .satisfies(place -> assertThat(place.why()).isEqualTo("it is no longer there"));
        assertThat(adoptions().taken()).containsExactly(id);
        adoptions().forget(id);
        assertThat(adoptions().taken()).isEmpty();
    }

    @Test
    @Tag("process")
    void twoCredentialsOnOneLineHaveTwoNames() throws Exception {
        file(".env", "A=" + TOKEN + " B=" + TOKEN.replace('a', 'b') + "\n");
        assertThat(found()).hasSize(2).extracting(FoundCredential::id).doesNotHaveDuplicates();
    }
}
