package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.confine.SpecialFiles;
import dev.interlock.confine.WorkspaceFindings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests the text about the files that an agent left. */
class WorkspaceFindingsTextTest {

    @Test
    void manyFindingsOfOneKindDoNotHideAnother() {
        List<WorkspaceFindings.ExecutedFile> files = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            files.add(new WorkspaceFindings.ExecutedFile(".vscode/" + i, true, "the editor runs it", true));
        }
        files.add(new WorkspaceFindings.ExecutedFile("x/.git/hooks/update", true, "git runs it", true));
        WorkspaceFindings leavings = new WorkspaceFindings(files, 0, List.of(), 0, true);
        WorkspaceFindingsText left = new WorkspaceFindingsText(leavings);
        assertThat(left.lines())
                .hasSizeLessThan(20)
                .contains(
                        "x/.git/hooks/update (new): git runs it",
                        "and 4988 more paths: the editor runs it (--json has all)");
        assertThat(leavings.json().toString()).contains(".vscode/4999");
    }

    @Test
    void whatIsNoPlainFileIsToldInWordsThatNoTerminalObeys() {
        SpecialFiles links = new SpecialFiles(
                SpecialFiles.SpecialFileKind.LINK,
                14,
                List.of(new SpecialFiles.SpecialFile(
                        "a\u001b[2Jb\nleft  nothing", Optional.of("/home/me/\u202e" + "x".repeat(5_000)))));
        SpecialFiles pipes = new SpecialFiles(
                SpecialFiles.SpecialFileKind.PIPE, 1, List.of(new SpecialFiles.SpecialFile("p", Optional.empty())));
        List<String> lines =
                new WorkspaceFindingsText(new WorkspaceFindings(List.of(), 0, List.of(links, pipes), 0, true)).lines();
        assertThat(lines)
                .allMatch(line -> line.length() < 600)
                .allMatch(line -> line.codePoints().allMatch(c -> c >= ' ' && c != 0x202e))
                .containsExactly(
                        "14 × link: it is a link to a path outside the workspace, so reads and "
                                + "writes happen there",
                        "  a\u241b[2Jb\u240aleft  nothing -> /home/me/\\u{202e}" + "x".repeat(182) + "…",
                        "  and 13 more",
                        "1 × pipe: a program that reads it waits, and then gets its writer's data",
                        "  p",
                        "Check these before you do anything else in the workspace.");
        WorkspaceFindings left = new WorkspaceFindings(List.of(), 0, List.of(links, pipes), 0, true);
        assertThat(WorkspaceFindings.read(left.json())).isEqualTo(left);
        assertThat(WorkspaceFindings.read(left.json().without(Set.of("more", "snares")))
                        .specialFiles())
                .as("as an older program wrote it")
                .isEmpty();
    }
}
