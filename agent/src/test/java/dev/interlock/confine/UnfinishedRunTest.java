package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the stored records of runs that were killed. */
@Tag("process")
final class UnfinishedRunTest {

    @TempDir
    private Path directory;

    private Path sessions;
    private Path workspace;
    private Path elsewhere;

    @BeforeEach
    void make() throws IOException {
        directory = directory.toRealPath();
        sessions = directory.resolve("sessions");
        workspace = Files.createDirectory(directory.resolve("workspace"));
        elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    }

    /**
     * Leaves the record of a run that was killed, as far as this process can tell: the files are there without a lock.
     */
    private void killed(String lease, Path where) throws IOException {
        WorkspaceSnapshot.SnapshotScope scope = new WorkspaceSnapshot.SnapshotScope(
                where, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), SandboxLauncher.agentUid());
        Json.Members about = Json.object()
                .with("lease", lease)
                .with("task", "fix-staging")
                .with("workspace", where.toString())
                .with("started", "1970-01-01T00:00:00Z")
                .withTexts("command", List.of("agent"));
        Path kept = sessions.resolve("unfinished").resolve(lease + ".jsonl");
        WorkspaceSnapshot beginning = WorkspaceSnapshot.of(sessions, about, scope, scope.executedFiles());
        Path copy = Files.copy(kept, directory.resolve("copy"));
        beginning.forget();
        Files.move(copy, kept);
    }

    private List<String> kept() throws IOException {
        return UnfinishedRun.in(sessions).stream().map(UnfinishedRun::lease).toList();
    }

    @Test
    void whatIsNotMountedIsToldWhenItIsBack() throws Exception {
        killed("L-1", workspace);
        Files.writeString(workspace.resolve(".envrc"), "planted");
        Files.createSymbolicLink(workspace.resolve("notes"), Path.of("/etc/passwd"));
        Path aside = Files.move(workspace, directory.resolve("aside"));
        assertThat(UnfinishedRun.killedIn(sessions, elsewhere)).isEmpty();
        assertThat(kept()).as("there is nothing under its name").containsExactly("L-1");

        Files.createDirectory(workspace);
        assertThat(UnfinishedRun.killedIn(sessions, workspace)).isEmpty();
        assertThat(kept()).as("there is what it is to be mounted on").containsExactly("L-1");
        assertThat(UnfinishedRun.in(sessions).getFirst().isReportable()).isFalse();

        Files.delete(workspace);
        Files.move(aside, workspace);
        assertThat(UnfinishedRun.in(sessions).getFirst().isReportable()).isTrue();
        assertThat(UnfinishedRun.killedIn(sessions, workspace)).singleElement().satisfies(told -> {
            assertThat(told.findings().files())
                    .extracting(WorkspaceFindings.ExecutedFile::path)
                    .containsExactly(".envrc");
            assertThat(told.findings().specialFiles())
                    .extracting(SpecialFiles::kind)
                    .containsExactly(SpecialFiles.SpecialFileKind.LINK);
        });
    }

    @Test
    void anEmptyWorkspaceIsThere() throws Exception {
        killed("L-1", workspace);
        assertThat(UnfinishedRun.killedIn(sessions, workspace))
                .singleElement()
                .satisfies(told -> assertThat(told.findings().files()).isEmpty());
    }

    @Test
    void anotherDirectoryInItsPlaceIsLookedAt() throws Exception {
        killed("L-1", workspace);
        Files.delete(workspace);
        Files.writeString(Files.createDirectory(workspace).resolve(".envrc"), "restored");
        assertThat(UnfinishedRun.killedIn(sessions, workspace))
                .singleElement()
                .satisfies(told -> assertThat(told.findings().files()).hasSize(1));
    }

    @Test
    void ofWorkspacesThatAreGoneTheLatestAreKept() throws Exception {
        for (int i = 0; i < UnfinishedRun.MOST_AWAY + 3; i++) {
            killed(String.format("L-%04d", i), workspace);
        }
        killed("L-9999", elsewhere);
        Files.delete(workspace);
        assertThat(UnfinishedRun.killedIn(sessions, elsewhere)).hasSize(1);
        assertThat(kept())
                .hasSize(UnfinishedRun.MOST_AWAY + 1)
                .startsWith("L-0003")
                .endsWith("L-9999");
    }

    @Test
    void thoseThatWereKilledAreToldTheOldestFirst() throws Exception {
        killed("L-2", workspace);
        killed("L-1", workspace);
        assertThat(UnfinishedRun.killedIn(sessions, directory))
                .extracting(told -> told.run().lease())
                .containsExactly("L-1", "L-2");
    }
}
