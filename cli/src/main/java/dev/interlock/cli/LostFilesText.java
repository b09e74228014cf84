package dev.interlock.cli;

import dev.interlock.confine.AgentLaunch;
import dev.interlock.session.TerminalText;
import dev.interlock.snapshot.LostFiles;
import java.util.List;
import java.util.stream.Collectors;

/** What a run deleted and no commit has, as text for people, with the command that brings it back. */
final class LostFilesText {

    private static final int MOST = 3;
    private static final int MOST_NAME = 200;

    private LostFilesText() {}

    /** Returns what is gone, and the command; empty if nothing is. */
    static List<String> lines(AgentLaunch.RunRecord recorded) {
        List<LostFiles> gone = recorded.gone();
        if (gone.isEmpty()) {
            return List.of();
        }
        String named = gone.stream()
                .limit(MOST)
                .map(one -> TerminalText.line(one.path(), MOST_NAME)
                        + (one.files() > 1 ? " (" + CellFormat.number(one.files(), "file") + ")" : ""))
                .collect(Collectors.joining(", "));
        boolean all = gone.size() <= MOST && gone.stream().allMatch(one -> isWord(one.path()));
        return List.of(
                named + (gone.size() > MOST ? " and " + (gone.size() - MOST) + " more" : "") + ", which no commit has",
                "  interlock undo " + recorded.lease()
                        + (all ? gone.stream().map(one -> " " + one.path()).collect(Collectors.joining()) : " --show"));
    }

    /** Whether a shell takes it as it is, and no program as an option: an agent may have named it. */
    private static boolean isWord(String path) {
        return path.matches("[A-Za-z0-9_./@+][A-Za-z0-9_./:@+=-]*");
    }
}
