package dev.interlock.adopt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.shapes.CredentialKinds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which files of a workspace an agent sees with decoys. */
@Tag("process")
class MaskedWorkspaceTest {

    private static final String TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a";
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    private Path workspace;

    private int listed;

    private MaskedWorkspace masks(Duration time) throws IOException {
        return MaskedWorkspace.of(workspace, CredentialKinds.known(), new Random(7), time, System::nanoTime);
    }

    private Path write(String name, String content) throws IOException {
        Path file = workspace.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static String text(MaskedWorkspace.FileMask mask) {
        return new String(mask.copy().toArray(), StandardCharsets.UTF_8);
    }

    private void git(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("git", "-C", workspace.toString(), "-c", "user.name=a", "-c", "user.email=a@b"));
        command.addAll(List.of(arguments));
        assertThat(new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    @Tag("promise")
    void copyIsTheFileWithADecoyInThePlaceOfEachCredential() throws IOException {
        Path file = write(".env", "A=1\nGITHUB_TOKEN=" + TOKEN + "\nB=2\n");
        Path other = write("deep/er/deploy.sh", "curl -H 'Authorization: token " + TOKEN + "'\n");
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks()).extracting(MaskedWorkspace.FileMask::file).containsExactly(file, other);
        MaskedWorkspace.FileMask mask = masks.masks().getFirst();
        assertThat(text(mask))
                .doesNotContain(TOKEN)
                .hasSameSizeAs(Files.readString(file))
                .startsWith("A=1\nGITHUB_TOKEN=ghp_")
                .endsWith("\nB=2\n");
        String decoy = mask.decoys().getFirst().decoy().<String>use(value -> value);
        assertThat(text(mask)).contains(decoy);
        assertThat(text(masks.masks().getLast()))
                .as("one decoy for one credential")
                .contains(decoy);
        assertThat(file).content().contains(TOKEN);
    }

    @Test
    void directoriesNamedAsGitsOwnAreLookedThrough() throws IOException {
        List<Path> files = List.of(write("logs/app.log", TOKEN), write("objects/.env", TOKEN), write("refs/a", TOKEN));
        write(".git/logs/HEAD", TOKEN);
        write("node_modules/a/.env", TOKEN);
        assertThat(masks(LONG).masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrderElementsOf(files);
    }

    @Test
    void whatGitHandsOutAnywayIsLeftAsItIsAndNamed() throws Exception {
        Path tracked = write("test.env", "T=" + TOKEN + "\n");
        Path ignored = write(".env", "T=" + TOKEN.replace('1', '2') + "\n");
        write(".gitignore", ".env\n");
        git("init", "-q");
        git("add", ".");
        git("commit", "-qm", "one");
        git("config", "core.fsmonitor", "touch " + workspace.resolve("ran") + "; false");
        git("config", "remote.origin.url", "https://x:" + TOKEN.replace('6', '5') + "@github.com/a/b");
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrder(ignored, workspace.resolve(".git/config"));
        assertThat(masks.kept()).containsExactly(tracked);
        assertThat(workspace.resolve("ran"))
                .as("nothing of the repository is run")
                .doesNotExist();
    }

    @Test
    @Tag("promise")
    void whatGitKnowsByNameAloneIsMasked() throws Exception {
        Path tracked = write("local.env", "T=as-in-git\n");
        Path renewed = write("renewed.env", "T=" + TOKEN.replace('1', '2') + "\n");
        git("init", "-q");
        git("add", ".");
        // An agent may have committed the decoys, or a person keeps the real credential out of git.
        Files.writeString(tracked, "T=" + TOKEN + "\n");
        Files.writeString(renewed, "T=" + TOKEN.replace('1', '3') + "\n");
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrder(tracked, renewed);
        assertThat(masks.kept()).isEmpty();
    }

    @Test
    void credentialInAFileThatCannotBeNamedStopsTheStart() throws Exception {
        String script =
                "d=$(printf 'a\\377'); mkdir $d && printf 'A=1' > $d/plain.env && printf 'T=" + TOKEN + "' > $d/.env";
        assertThat(new ProcessBuilder("/bin/sh", "-c", script)
                        .directory(workspace.toFile())
                        .start()
                        .waitFor())
                .isZero();
        assertThatThrownBy(() -> masks(LONG)).isInstanceOf(IOException.class).hasMessageContaining("LC_ALL");
    }

    @Test
    void nothingOfANameIsObeyedByATerminal() throws Exception {
        String script = "printf 'T=" + TOKEN + "' > \"$(printf '\\033]0;title\\a\\377.env')\"";
        assertThat(new ProcessBuilder("/bin/sh", "-c", script)
                        .directory(workspace.toFile())
                        .start()
                        .waitFor())
                .isZero();
        assertThatThrownBy(() -> masks(LONG))
                .hasMessageContaining("\\u{1b}]0;title\\u{7}")
                .hasMessageMatching("\\P{Cntrl}*");
    }

    @Test
    void onlyWhatIsGitsOwnIsPassedBy() throws Exception {
        Path logs = write("web/logs/.env", "T=" + TOKEN + "\n");
        Path objects = write("web/objects/.env", "T=" + TOKEN + "\n");
        write("web/HEAD", "ref: refs/heads/main\n");
        write("web/node_modules/.env", "T=" + TOKEN + "\n");
        write(".git/modules/x/HEAD", "ref: refs/heads/main\n");
        write(".git/modules/x/objects/12/34", TOKEN);
        write(".git/modules/x/refs/.env", "T=" + TOKEN + "\n");
        assertThat(masks(LONG).masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrder(logs, objects);
    }

    /** A submodule may have any name, and an agent may make files beside it look like git's. */
    @Test
    void configurationOfASubmoduleIsLookedAtWhateverItIsCalled() throws Exception {
        String config = "[remote \"origin\"]\n\turl = https://x:" + TOKEN + "@github.com/a/b\n";
        List<Path> files = new ArrayList<>();
        for (String name : List.of("logs", "objects", "refs", "logs/inner", "node_modules")) {
            files.add(write(".git/modules/" + name + "/config", config));
            write(".git/modules/" + name + "/HEAD", "ref: refs/heads/main\n");
        }
        assertThat(masks(LONG).masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrderElementsOf(files);
        write(".git/modules/HEAD", "ref: refs/heads/main\n");
        assertThat(masks(LONG).masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrderElementsOf(files);
    }

    @Test
    void sameFileUnderManyNamesIsReadOnceAndMaskedUnderEach() throws Exception {
        Path file = write("a/deploy.txt", "T=" + TOKEN + "\n");
        for (int i = 0; i < 50; i++) {
            Files.createLink(workspace.resolve(".env." + i), file);
        }
        // The time ends with the first file: the others need not be read.
        MaskedWorkspace masks = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, untilFirst(workspace), 0);
        assertThat(masks.masks())
                .hasSize(51)
                .extracting(MaskedWorkspace.FileMask::copy)
                .containsOnly(masks.masks().getFirst().copy());
        assertThat(masks.covered()).isEmpty();
        assertThat(masks.unlooked().all()).isZero();
    }

    /** Returns a clock that stands still until a file is read, and then is far ahead. */
    private LongSupplier untilFirst(Path of) {
        return () -> listed++ < (Files.exists(of) ? 2 : 0) ? 0 : LONG.toNanos();
    }

    @Test
    void whatIsShortAndNearIsLookedAtFirst() throws Exception {
        Path real = write("app/.env", "T=" + TOKEN + "\n");
        byte[] long_ = new byte[1 << 20];
        java.util.Arrays.fill(long_, (byte) 'x');
        for (int i = 0; i < 20; i++) {
            Files.write(workspace.resolve(".env." + i), long_);
            write(i + "/" + i + "/.env", "x");
        }
        MaskedWorkspace masks = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, untilFirst(workspace), 0);
        assertThat(masks.masks()).extracting(MaskedWorkspace.FileMask::file).containsExactly(real);
    }

    @Test
    void likelyFileThatThereWasNoTimeForIsNotShown() throws Exception {
        Path real = write("far/away/.env", "T=" + TOKEN + "\n");
        Path near = write(".env", "A=1\n");
        write("notes.txt", "A=1\n");
        MaskedWorkspace masks = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, untilFirst(workspace), 0);
        assertThat(masks.masks()).isEmpty();
        assertThat(masks.covered()).containsExactly(real).doesNotContain(near);
        assertThat(masks.unlooked().late())
                .as("what nothing suggests is shown, and counted")
                .isEqualTo(1);
    }

    @Test
    void longFileWithALikelyNameIsLookedThroughOrNotShown() throws Exception {
        Path long_ = write("tokenizer.json", " ".repeat(5 << 20) + TOKEN);
        Path harmless = write("vocabulary-of-tokens.json", " ".repeat(5 << 20));
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks()).isEmpty();
        assertThat(masks.covered()).containsExactly(long_).doesNotContain(harmless);
        long[] now = {0};
        MaskedWorkspace late = MaskedWorkspace.of(
                workspace,
                CredentialKinds.known(),
                new Random(7),
                Duration.ofSeconds(4),
                () -> now[0] += 1_000_000_000);
        assertThat(late.covered()).contains(long_, harmless);
    }

    /** The user who starts the agent can read no more than the agent, which can reopen what it has closed. */
    @Test
    void whatAnAgentOfTheSameUserShutIsNotShown() throws Exception {
        assumeTrue(!Files.getAttribute(workspace, "unix:uid").equals(0), "root may read everything");
        Path shut = write("conf/.env", "T=" + TOKEN + "\n");
        Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("---------"));
        assertThat(masks(LONG).covered()).containsExactly(shut);
        for (String rights : List.of("---------", "-wx------", "rw-------")) {
            Files.setPosixFilePermissions(shut.resolveSibling(""), PosixFilePermissions.fromString(rights));
            assertThatThrownBy(() -> masks(LONG)).as(rights).hasMessageContaining("conf` denies access");
        }
        Files.setPosixFilePermissions(shut.resolveSibling(""), PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void moreThanCanBeMaskedKeepsTheAgentFromStarting() throws Exception {
        for (int i = 0; i <= MaskedWorkspace.MOST_MASKS; i++) {
            write(".env." + i, "T=" + TOKEN + "\n");
        }
        assertThatThrownBy(() -> masks(LONG))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("1001 files contain likely credentials");
    }

    @Test
    void copiesTakeNoMoreRoomThanThereIs() throws Exception {
        byte[] content = new byte[4 << 20];
        java.util.Arrays.fill(content, (byte) '\n');
        byte[] token = ("T=" + TOKEN).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(token, 0, content, 0, token.length);
        for (int i = 0; i < 20; i++) {
            Files.write(workspace.resolve("notes." + i), content);
        }
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks()).hasSize(16);
        assertThat(masks.covered()).hasSize(4);
    }

    @Test
    void directoryThatBecomesALinkMeanwhileLeadsNowhere(@TempDir Path outside) throws Exception {
        write("conf/.env", "harmless\n");
        Files.writeString(outside.resolve(".env"), "T=" + TOKEN + "\n");
        Path conf = workspace.resolve("conf");
        // The clock is read between listing and opening.
        LongSupplier swapping = () -> {
            if (Files.exists(conf) && !Files.isSymbolicLink(conf) && listed++ > 0) {
                swap(conf, outside);
            }
            return System.nanoTime();
        };
        MaskedWorkspace masks =
                MaskedWorkspace.of(workspace, CredentialKinds.known(), new Random(7), LONG, swapping, 0);
        assertThat(conf).isSymbolicLink();
        assertThat(masks.masks()).isEmpty();
    }

    private void swap(Path directory, Path target) {
        try {
            Files.move(directory, workspace.resolve("away"));
            Files.createSymbolicLink(directory, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void pipe(String name) throws Exception {
        Path pipe = workspace.resolve(name);
        Files.deleteIfExists(pipe);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
    }

    private Path repository(String name) throws Exception {
        Path file = write(name + "/.env", "T=" + TOKEN + "\n");
        Path home = workspace;
        workspace = file.resolveSibling("");
        git("init", "-q");
        git("add", ".");
        workspace = home;
        return file;
    }

    @Test
    void repositoryWithAPipeIsNotAsked() throws Exception {
        List<Path> waiting = new ArrayList<>();
        for (String name : List.of("index", "HEAD", "config")) {
            waiting.add(repository(name));
            pipe(name + "/.git/" + name);
        }
        Path sound = repository("sound");
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.masks())
                .extracting(MaskedWorkspace.FileMask::file)
                .containsExactlyInAnyOrderElementsOf(waiting);
        assertThat(masks.kept()).as("there was still time for the others").containsExactly(sound);
    }

    @Test
    void allOfGitIsAskedWithinOneTime() throws Exception {
        pipe("pipe");
        Path first = repository("a");
        Files.writeString(
                workspace.resolve("a/.git/config"), "[include]\n\tpath = " + workspace.resolve("pipe") + "\n");
        Path second = repository("b");
        MaskedWorkspace masks = masks(LONG);
        assertThat(masks.kept()).as("the first took all of it").isEmpty();
        assertThat(masks.masks()).extracting(MaskedWorkspace.FileMask::file).containsExactlyInAnyOrder(first, second);
    }

    @Test
    void likelyFilesAreLookedAtWhateverTheTimeAndTheRestIsCounted() throws IOException {
        Path likely = write("a/b/c/.env.production", "T=" + TOKEN + "\n");
        write("notes.txt", "T=" + TOKEN + "\n");
        MaskedWorkspace hurried = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, System::nanoTime, 0);
        assertThat(hurried.masks()).extracting(MaskedWorkspace.FileMask::file).containsExactly(likely);
        assertThat(hurried.unlooked()).isEqualTo(new MaskedWorkspace.Unsearched(1, 0, 0));
        assertThat(masks(LONG).unlooked()).isEqualTo(MaskedWorkspace.Unsearched.NONE);
    }

    /** A machine that is slow, or has just started, would hide nothing in a project of ten files. */
    @Test
    void smallWorkspaceIsSearchedWholeWhateverTheTime() throws IOException {
        for (int i = 0; i < 100; i++) {
            write("src/" + i + ".txt", "x".repeat(10_000));
        }
        Path last = write("z/notes.txt", "T=" + TOKEN + "\n");
        long[] now = {0};
        MaskedWorkspace masks = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, () -> now[0] += LONG.toNanos());
        assertThat(masks.unlooked()).isEqualTo(MaskedWorkspace.Unsearched.NONE);
        assertThat(masks.covered()).isEmpty();
        assertThat(masks.masks()).extracting(MaskedWorkspace.FileMask::file).containsExactly(last);
        for (int i = 0; i < 300; i++) {
            write("more/" + i + ".txt", "x".repeat(10_000));
        }
        now[0] = 0;
        MaskedWorkspace many = MaskedWorkspace.of(
                workspace, CredentialKinds.known(), new Random(7), Duration.ZERO, () -> now[0] += LONG.toNanos());
        assertThat(many.unlooked().late())
                .as("more is searched as long as there is time")
                .isPositive();
    }

    /** More time would not help against it. */
    @Test
    void largeFileIsNotCountedAsOneForWhichThereWasNoTime() throws IOException {
        Files.write(workspace.resolve("film.mp4"), new byte[5 << 20]);
        assertThat(masks(LONG).unlooked()).isEqualTo(new MaskedWorkspace.Unsearched(0, 1, 0));
    }

    @Test
    void noLinkIsFollowed() throws IOException {
        Path outside = Files.createTempFile("interlock-masks", ".env");
        try {
            Files.writeString(outside, "T=" + TOKEN + "\n");
            Files.createSymbolicLink(workspace.resolve(".env"), outside);
            assertThat(masks(LONG).masks()).isEmpty();
        } finally {
            Files.delete(outside);
        }
    }
}
