package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that {@code undo} puts back what an agent did to its workspace. */
@Timeout(300)
@Tag("process")
final class WorkspaceUndoTest {

    private static final Pattern SESSION = Pattern.compile("interlock undo (L-[0-9A-Z]+)");
    private static final Pattern KEPT = Pattern.compile("interlock undo (S-[0-9A-Z]+)");

    private static Installation installation;

    private static int number;

    private Path workspace;

    @BeforeAll
    static void open() throws Exception {
        for (String tool : List.of("bwrap", "socat", "setpriv", "prlimit", "git")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        installation = Installation.open(false);
    }

    @AfterAll
    static void closeTheInstallation() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    @BeforeEach
    void begin() throws Exception {
        workspace = installation.workspace("workspace" + ++number);
        Files.createDirectories(workspace.resolve("src"));
        Files.writeString(workspace.resolve("src/committed.txt"), "committed\n");
        Files.writeString(workspace.resolve("src/changed.txt"), "committed\n");
        git("init", "-q", "-b", "main");
        git("add", "-A");
        git("-c", "user.name=p", "-c", "user.email=p@example.com", "commit", "-q", "-m", "first");
        Files.writeString(workspace.resolve("src/changed.txt"), "not committed\n");
        Files.writeString(workspace.resolve("src/work.txt"), "not committed\n");
        git("branch", "idea");
        open(workspace);
    }

    /** The agent may be another user. */
    private static void open(Path directory) throws Exception {
        Programs.run(List.of("chmod", "-R", "a+rwX", directory.toString()), "").expect(0);
    }

    private Programs.ProgramResult git(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-C", workspace.toString()));
        command.addAll(List.of(arguments));
        return Programs.run(command, "").expect(0);
    }

    private Programs.ProgramResult undo(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("undo"));
        all.addAll(List.of(arguments));
        return installation.interlock(all, "");
    }

    private Map<String, String> state() throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> all = Files.walk(workspace)) {
            for (Path path : all.toList()) {
                String is = Files.isSymbolicLink(path)
                        ? "-> " + Files.readSymbolicLink(path)
                        : Files.getPosixFilePermissions(path)
                                + (Files.isDirectory(path)
                                        ? ""
                                        : new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1));
                state.put(workspace.relativize(path).toString(), is);
            }
        }
        return state;
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    @Test
    @Tag("promise")
    void aDeletedWorkspaceAndRepositoryComeBack() throws Exception {
        Map<String, String> before = state();
        Programs.ProgramResult ran = installation
                .run(
                        workspace,
                        "rm -rf src .git 2>/dev/null; echo new > new.txt; mkdir src; echo other > src/changed.txt")
                .expect(0);
        assertThat(ran.err().strip()).as("first in the summary").startsWith("gone ");
        assertThat(ran.err())
                .contains(".git (", "src/work.txt", "which no commit has", ".git src/committed.txt src/work.txt");
        String session = found(SESSION, ran.err());
        Map<String, String> after = state();

        assertThat(undo(session, "--show").expect(0).out()).contains("would come back", "new.txt");
        assertThat(state()).isEqualTo(after);
        Programs.ProgramResult undone = undo(session).expect(0);
        assertThat(state()).isEqualTo(before);
        assertThat(git("log", "--format=%s", "idea").out()).contains("first");

        undo(found(KEPT, undone.out())).expect(0);
        assertThat(state()).as("the undo is undone").isEqualTo(after);
    }

    @Test
    void onlyWhatNoCommitHasIsReported() throws Exception {
        Programs.ProgramResult ran = installation.run(workspace, "rm -r src").expect(0);
        assertThat(ran.err().strip()).startsWith("gone       src (2 files), which no commit has");
        git("checkout", "-q", "--", "src");
        String session = found(SESSION, ran.err());
        undo(session, "src/work.txt").expect(0);
        assertThat(workspace.resolve("src/work.txt")).hasContent("not committed");
        assertThat(workspace.resolve("src/changed.txt")).hasContent("committed");
        open(workspace);
        assertThat(installation.run(workspace, "rm src/committed.txt").expect(0).err())
                .doesNotContain("gone ");
    }

    @Test
    @Tag("promise")
    void aPlantedLinkLeadsNoUndoOutside() throws Exception {
        Path outside = Files.createDirectories(workspace.resolveSibling("outside" + number));
        Files.writeString(outside.resolve("work.txt"), "the person's\n");
        Programs.ProgramResult ran = installation
                .run(workspace, "rm -r src; ln -s " + outside + " src; echo x > src/work.txt 2>/dev/null; true")
                .expect(0);
        undo(found(SESSION, ran.err())).expect(0);
        assertThat(workspace.resolve("src/work.txt")).hasContent("not committed");
        assertThat(Files.isSymbolicLink(workspace.resolve("src"))).isFalse();
        assertThat(outside.resolve("work.txt")).hasContent("the person's");
        assertThat(outside.toFile().list()).containsExactly("work.txt");
    }

    @Test
    @Tag("promise")
    void nothingOfTheWorkspaceRunsWhenItIsKept() throws Exception {
        Path ran = workspace.resolveSibling("ran" + number);
        String program = "touch " + ran + "; cat";
        git("config", "filter.evil.clean", program);
        git("config", "filter.evil.smudge", program);
        git("config", "filter.evil.required", "true");
        git("config", "diff.external", program);
        git("config", "core.fsmonitor", program);
        git("config", "core.pager", program);
        Files.createDirectories(workspace.resolve("build"));
        Files.writeString(workspace.resolve("build/out"), "output");
        Files.writeString(workspace.resolve(".gitignore"), "build\n");
        Files.writeString(workspace.resolve(".gitattributes"), "* filter=evil text eol=crlf ident\n");
        for (String hook : List.of("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc")) {
            Path file = workspace.resolve(".git/hooks").resolve(hook);
            Files.createDirectories(file.resolveSibling(""));
            Files.writeString(file, "#!/bin/sh\n" + program + "\n");
            file.toFile().setExecutable(true);
        }
        open(workspace);
        Files.deleteIfExists(ran);
        Map<String, String> before = state();
        Programs.ProgramResult ended =
                installation.run(workspace, "rm -r src .gitattributes").expect(0);
        assertThat(ended.err()).contains("src (2 files)");
        undo(found(SESSION, ended.err())).expect(0);
        assertThat(state()).isEqualTo(before);
        assertThat(ran).doesNotExist();
    }

    @Test
    void noOtherPathOrReceiptIsTakenForARun() throws Exception {
        assertThat(undo("L-01NOSUCH").exit()).isEqualTo(1);
        String session = found(
                SESSION,
                installation.run(workspace, "rm src/work.txt").expect(0).err());
        assertThat(undo(session, "../outside").exit()).isEqualTo(2);
        assertThat(undo(session, "/etc/passwd").exit()).isEqualTo(2);
        assertThat(undo("R-01NOSUCH", "src").exit()).isEqualTo(2);
        assertThat(workspace.resolve("src/work.txt")).doesNotExist();
    }

    @Test
    void aRunGoesOnThoughNothingCanBeKept() throws Exception {
        Path store = installation.sessions().resolveSibling("snapshots");
        Path aside = store.resolveSibling("snapshots-aside");
        if (Files.exists(store)) {
            Files.move(store, aside);
        }
        Files.writeString(store, "in the way");
        try {
            assertThat(installation.run(workspace, "true").expect(0).err())
                    .contains("not kept  The workspace could not");
        } finally {
            Files.delete(store);
            if (Files.exists(aside)) {
                Files.move(aside, store);
            }
        }
    }
}
