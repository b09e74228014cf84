package dev.interlock.cli;

import dev.interlock.session.TerminalText;
import dev.interlock.snapshot.Restoration;
import java.util.ArrayList;
import java.util.List;

/** What an undo of a run did to its workspace, as text for people. */
final class RestorationText {

    private static final int MOST = 12;
    private static final int MOST_NAME = 300;

    private RestorationText() {}

    static List<String> lines(Restoration.RestorationResult result, boolean show) {
        List<String> lines = new ArrayList<>();
        lines.add(TerminalText.line(result.workspace()) + ", as it was at " + CellFormat.time(result.taken()));
        add(show ? "would come back" : "back", result.back(), lines);
        add(show ? "would be changed" : "changed", result.changed(), lines);
        add(
                show ? "would be removed, because it was not there" : "removed, because it was not there",
                result.removed(),
                lines);
        add("not touched", result.untouched(), lines);
        if (result.back().isEmpty()
                && result.changed().isEmpty()
                && result.removed().isEmpty()
                && result.untouched().isEmpty()) {
            lines.add("Nothing is to be done: everything is as it was.");
        } else {
            result.kept().ifPresent(id -> lines.add("What was there before is kept for 7 days: interlock undo " + id));
        }
        return lines;
    }

    private static void add(String label, List<String> paths, List<String> lines) {
        if (!paths.isEmpty()) {
            lines.add(label + ": " + CellFormat.number(paths.size(), "path"));
            paths.stream().limit(MOST).forEach(path -> lines.add("  " + TerminalText.line(path, MOST_NAME)));
            if (paths.size() > MOST) {
                lines.add("  and " + (paths.size() - MOST) + " more (--json has all)");
            }
        }
    }
}
