package dev.interlock.adopt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.shapes.CredentialKinds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class CredentialSurveyTest {

    private static final String TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
    private static final String OTHER = "npm_" + "kL2nP4rT6vX8zB1dF3hJ5mQ7sU9wY2aC4eG6";

    @TempDir
    private Path directory;

    private Path workspace;
    private Path home;

    @BeforeEach
    void makePlaces() throws IOException {
        workspace = Files.createDirectory(directory.resolve("work"));
        home = Files.createDirectory(directory.resolve("home"));
    }

    @Test
    void oneCredentialIsReportedOnceWithEveryPlaceItLiesIn() throws Exception {
        write(workspace.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");
        write(workspace.resolve("deep/er/notes.md"), "first\nuse " + TOKEN + "\n");
        CredentialSurvey survey = survey(Map.of("GH", TOKEN));
        assertThat(survey.credentials()).singleElement().satisfies(one -> {
            assertThat(one.kind().id()).isEqualTo("github-token");
            assertThat(one.isBurnt()).isFalse();
            assertThat(one.seen())
                    .containsExactlyInAnyOrder(
                            new CredentialPlace.FilePlace(workspace.resolve(".env"), 1, 13),
                            new CredentialPlace.FilePlace(workspace.resolve("deep/er/notes.md"), 2, 10),
                            new CredentialPlace.VariablePlace("GH"));
        });
        assertThat(survey.looked().files()).isEqualTo(2);
        assertThat(survey.unread()).isEmpty();
    }

    @Test
    void noOutputHoldsACredential() throws Exception {
        write(workspace.resolve(".env"), "GITHUB_TOKEN=" + TOKEN + "\n");
        FoundCredential one = survey(Map.of()).credentials().getFirst();
        assertThat(one.toString() + one.shown() + one.id() + one.seen())
                .doesNotContain(TOKEN)
                .doesNotContain(TOKEN.substring(4, 12));
        assertThat(one.shown()).isEqualTo("ghp_… (40 characters)");
    }

    @Test
    void loginsBelowTheHomeDirectoryAreLookedAtWhereToolsKeepThem() throws Exception {
        write(home.resolve(".npmrc"), "//npm.acme.io/:_authToken=" + OTHER + "\n");
        write(home.resolve(".config/gcloud/legacy_credentials/ann/adc.json"), "{\"x\": \"" + TOKEN + "\"}");
        write(home.resolve("diary.txt"), TOKEN.replace("aB3", "zZ9"));
        assertThat(survey(Map.of()).credentials())
                .flatExtracting(FoundCredential::seen)
                .containsExactlyInAnyOrder(
                        new CredentialPlace.FilePlace(home.resolve(".npmrc"), 1, 26),
                        new CredentialPlace.FilePlace(
                                home.resolve(".config/gcloud/legacy_credentials/ann/adc.json"), 1, 7));
    }

    @Test
    void aCommittedCredentialIsCompromisedAfterItsRemoval() throws Exception {
        git("init", "-q");
        write(workspace.resolve("deploy.sh"), "#!/bin/sh\ncurl -H 'X: " + TOKEN + "'\n");
        git("add", ".");
        git("commit", "-qm", "Add the deployment");
        write(workspace.resolve("deploy.sh"), "#!/bin/sh\n");
        git("commit", "-qam", "Take it out");
        FoundCredential one = survey(Map.of()).credentials().getFirst();
        assertThat(one.isBurnt()).isTrue();
        assertThat(one.seen()).singleElement().satisfies(where -> {
            assertThat(where).isInstanceOf(CredentialPlace.HistoryPlace.class);
            assertThat(where.shown()).startsWith("git history: deploy.sh:2 in ");
        });
    }

    @Test
    void unreachableCommitsAreSearched() throws Exception {
        git("init", "-q");
        write(workspace.resolve("a"), "x\n");
        git("add", ".");
        git("commit", "-qm", "Begin");
        write(workspace.resolve("blob"), TOKEN + "\n");
        git("hash-object", "-w", "blob");
        Files.delete(workspace.resolve("blob"));
        assertThat(survey(Map.of()).credentials())
                .singleElement()
                .satisfies(one -> assertThat(one.seen().getFirst().shown()).endsWith(", on no branch"));
    }

    @Test
    void messagesOfCommitsAreLookedAt() throws Exception {
        git("init", "-q");
        git("commit", "-qm", "Use " + TOKEN, "--allow-empty");
        assertThat(survey(Map.of()).credentials())
                .singleElement()
                .satisfies(one ->
                        assertThat(one.seen()).anyMatch(where -> where.shown().startsWith("git history: (message):")));
    }

    @Test
    void aKindThatBelongsToOneFileIsKnownByItsPathInHistory() throws Exception {
        git("init", "-q");
        write(workspace.resolve(".env"), "SESSION_SECRET=9fK2mX7qLw4Zr8Tb\n");
        git("add", ".");
        git("commit", "-qm", "Begin");
        Files.delete(workspace.resolve(".env"));
        assertThat(survey(Map.of()).credentials()).hasSize(1);
    }

    @Test
    void onlyWhatIsStagedIsLookedAtBeforeACommit() throws Exception {
        git("init", "-q");
        write(workspace.resolve("a"), OTHER + "\n");
        git("add", ".");
        git("commit", "-qm", "Begin");
        write(workspace.resolve("dir/b c.txt"), TOKEN + "\n");
        git("add", ".");
        write(workspace.resolve("dir/b c.txt"), "taken out again, but not staged\n");
        CredentialSurvey survey = CredentialSurvey.staged(workspace, CredentialKinds.known());
        assertThat(survey.credentials())
                .singleElement()
                .satisfies(one -> assertThat(one.seen())
                        .containsExactly(new CredentialPlace.FilePlace(workspace.resolve("dir/b c.txt"), 1, 0)));
        write(workspace.resolve("dir/b c.txt"), TOKEN + "\n");
        assertThat(survey(Map.of()).credentials())
                .as("a credential has one id, however it is looked for")
                .extracting(FoundCredential::id)
                .contains(survey.credentials().getFirst().id());
    }

    @Test
    void nothingIsStagedOutsideOfARepository() {
        assertThatThrownBy(() -> CredentialSurvey.staged(workspace, CredentialKinds.known()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not in a git repository");
    }

    /** An agent may have written the repository's configuration: reading it must not run its programs. */
    @Test
    void theRepositoryRunsNothing() throws Exception {
        Path ran = directory.resolve("ran");
        Path command = directory.resolve("command.sh");
        write(command, "#!/bin/sh\ntouch '" + ran + "'\nexit 1\n");
        assertThat(command.toFile().setExecutable(true)).isTrue();
        git("init", "-q");
        write(workspace.resolve("a.txt"), TOKEN + "\n");
        git("add", ".");
        git("commit", "-qm", "Begin");
        write(workspace.resolve(".gitattributes"), "* diff=planted filter=planted\n");
        for (String key : List.of(
                "core.fsmonitor",
                "core.sshCommand",
                "diff.external",
                "diff.planted.textconv",
                "diff.planted.command",
                "filter.planted.clean",
                "filter.planted.smudge",
                "core.pager",
                "pager.log",
                "gpg.program",
                "credential.helper")) {
            git("config", key, command.toString());
        }
        git("config", "log.showSignature", "true");
        git("config", "remote.origin.url", "ext::" + command);
        git("config", "remote.origin.promisor", "true");
        git("config", "extensions.partialClone", "origin");
        git("config", "core.repositoryFormatVersion", "1");
        assertThat(survey(Map.of()).credentials()).hasSize(1);
        CredentialSurvey.staged(workspace, CredentialKinds.known());
        assertThat(ran).doesNotExist();
    }

    @Test
    void aDamagedRepositoryIsSaidToBeUnread() throws Exception {
        git("init", "-q");
        git("commit", "-qm", "Begin", "--allow-empty");
        write(workspace.resolve(".git/HEAD"), "nonsense");
        assertThat(survey(Map.of()).unread()).singleElement().asString().startsWith("git history: ");
    }

    /** The agent can read the history of each submodule and of each vendored clone. */
    @Test
    void repositoriesWithinTheWorkspaceAreLookedThroughToo() throws Exception {
        git("init", "-q");
        git("init", "-q", "vendor/lib");
        write(workspace.resolve("vendor/lib/deploy.sh"), TOKEN + "\n");
        git("-C", "vendor/lib", "add", ".");
        git("-C", "vendor/lib", "commit", "-qm", "Add it");
        git("-C", "vendor/lib", "rm", "-q", "deploy.sh");
        git("-C", "vendor/lib", "commit", "-qm", "Take it out");
        assertThat(survey(Map.of()).credentials()).singleElement().satisfies(one -> {
            assertThat(one.isBurnt()).isTrue();
            assertThat(one.seen().getFirst().shown()).startsWith("git history: vendor/lib/deploy.sh:1 in ");
        });
    }

    @Test
    void whatIsNoRepositoryIsNotTakenForTheOneAroundIt() throws Exception {
        git("init", "-q");
        git("commit", "-qm", "Use " + TOKEN, "--allow-empty");
        Files.createDirectories(workspace.resolve("sub/.git"));
        CredentialSurvey survey = survey(Map.of());
        assertThat(survey.looked().objects()).isEqualTo(1);
        assertThat(survey.unread()).singleElement().asString().startsWith("git history of `sub/`: ");
    }

    @Test
    void whatLiesBesideTheObjectsOfGitIsAFileLikeAnyOther() throws Exception {
        write(workspace.resolve(".git/objects/dump.txt"), TOKEN + "\n");
        write(workspace.resolve("a/.git/objects/x/dump.txt"), OTHER + "\n");
        assertThat(survey(Map.of()).credentials()).hasSize(2);
    }

    @Test
    void linksOutOfTheWorkspaceAreNotFollowed() throws Exception {
        write(directory.resolve("outside"), TOKEN + "\n");
        Files.createSymbolicLink(workspace.resolve("inside"), directory.resolve("outside"));
        assertThat(survey(Map.of()).credentials()).isEmpty();
    }

    @Test
    void excludedPathsAreNotSearched() throws Exception {
        write(workspace.resolve("node_modules/x/index.js"), TOKEN + "\n");
        write(workspace.resolve("src/a.snap"), OTHER + "\n");
        CredentialSurvey.SurveyScope ground = new CredentialSurvey.SurveyScope(
                workspace, Optional.empty(), Map.of(), List.of("node_modules", "**/*.snap"), true);
        assertThat(CredentialSurvey.of(ground, CredentialKinds.known()).credentials())
                .isEmpty();
    }

    @Test
    void aHomesDirectoryThatIsALinkIsSaidNotToBeLookedAt() throws Exception {
        write(directory.resolve("dotfiles/credentials"), TOKEN + "\n");
        Files.createSymbolicLink(home.resolve(".aws"), directory.resolve("dotfiles"));
        assertThat(survey(Map.of()).unread())
                .isNotEmpty()
                .allMatch(why -> why.startsWith("`" + home.resolve(".aws")) && why.endsWith("it is behind a link"));
    }

    /** The mount decides, not the name: a link or a directory of that name is an ordinary one. */
    @Test
    void theKernelsOwnFileSystemsArePassedOverAndSaid() throws Exception {
        CredentialSurvey.SurveyScope kernels =
                new CredentialSurvey.SurveyScope(Path.of("/proc/sys"), Optional.empty(), Map.of(), List.of(), false);
        CredentialSurvey survey = CredentialSurvey.of(kernels, CredentialKinds.known());
        assertThat(survey.looked().files()).isZero();
        assertThat(survey.passed()).containsExactly("`/proc/sys`: proc");
        assertThat(survey.unread()).isEmpty();

        write(workspace.resolve("proc/sys/note"), TOKEN + "\n");
        assertThat(survey(Map.of()).credentials()).hasSize(1);
        assertThat(survey(Map.of()).passed()).isEmpty();
    }

    @Test
    void theSearchGoesOnBehindThem() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        Path mounted = Files.createDirectory(workspace.resolve("any-name"));
        write(workspace.resolve("z/last"), TOKEN + "\n");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                run("mount", "-t", "proc", "proc", mounted.toString()) == 0, "needs to mount");
        try {
            CredentialSurvey survey = survey(Map.of());
            assertThat(survey.passed()).containsExactly("`" + mounted + "`: proc");
            assertThat(survey.credentials()).hasSize(1);
            assertThat(survey.unread()).isEmpty();
        } finally {
            assertThat(run("umount", mounted.toString())).isZero();
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private CredentialSurvey survey(Map<String, String> environment) throws IOException {
        return CredentialSurvey.of(
                new CredentialSurvey.SurveyScope(workspace, Optional.of(home), environment, List.of(), true),
                CredentialKinds.known());
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void git(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=Ann", "-c", "user.email=ann@acme.io"));
        command.addAll(List.of(arguments));
        Process git = new ProcessBuilder(command)
                .directory(workspace.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(git.waitFor()).as(said).isZero();
    }
}
