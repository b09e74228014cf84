package dev.interlock.cli;

import dev.interlock.confine.GitConfigChanges;
import dev.interlock.confine.SpecialFiles;
import dev.interlock.confine.WorkspaceFindings;
import dev.interlock.session.TerminalText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The files that an agent left and that run by themselves later, or are no plain files, as text for people. */
record WorkspaceFindingsText(WorkspaceFindings leavings) {

    private static final int MOST = 12;
    private static final int MOST_SPECIAL_FILES = 5;

    /** Maximum names in one line. */
    private static final int MOST_NAMED = 8;

    /** The maximum length of a name. An attacker could fill the screen with it. */
    private static final int MOST_NAME = 200;

    /** Returns one line for each file, and further hints; none if there are no files. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        Map<String, Integer> told = new LinkedHashMap<>();
        List<WorkspaceFindings.ExecutedFile> held = leavings.files().stream()
                .filter(WorkspaceFindings.ExecutedFile::held)
                .toList();
        for (WorkspaceFindings.ExecutedFile file : held) {
            if (told.merge(file.why(), 1, Integer::sum) <= MOST) {
                lines.add(file.path() + (file.fresh() ? " (new): " : " (changed): ") + file.why());
            }
        }
        told.forEach((why, count) -> {
            if (count > MOST) {
                lines.add("and " + CellFormat.number(count - MOST, "more path") + ": " + why + " (--json has all)");
            }
        });
        if (leavings.more() > 0) {
            lines.add("and " + CellFormat.number(leavings.more(), "more path") + " that were reported when it ended");
        }
        leavings.specialFiles().forEach(files -> add(files, lines));
        if (!held.isEmpty() || leavings.more() > 0 || !leavings.specialFiles().isEmpty()) {
            lines.add("Check these before you do anything else in the workspace.");
        }
        addStarted(lines);
        addSettings(leavings.settings(), lines);
        if (leavings.unheld() > 0) {
            lines.add("Some could not be write-protected, because there are too many or their owner denies access: "
                    + CellFormat.number(leavings.unheld(), "more path")
                    + " could be.");
        }
        if (!leavings.whole()) {
            lines.add("Part of the workspace could not be searched: there may be more files that are executed"
                    + " automatically.");
        }
        return lines;
    }

    /** Adds the files that somebody starts, each reason in a line. */
    private void addStarted(List<String> lines) {
        Map<String, List<String>> started = new LinkedHashMap<>();
        leavings.files().stream()
                .filter(file -> !file.held())
                .forEach(file -> started.computeIfAbsent(file.why(), _ -> new ArrayList<>())
                        .add(TerminalText.line(file.path(), MOST_NAME) + (file.fresh() ? " (new)" : "")));
        started.forEach((why, paths) -> lines.add("changed " + names(paths) + ": " + why));
    }

    private static void addSettings(GitConfigChanges settings, List<String> lines) {
        if (!settings.taken().isEmpty()) {
            lines.add("changed .git/config: " + names(settings.taken()));
        }
        if (!settings.heldBack().isEmpty()) {
            lines.add("not taken into .git/config, because git could run programs or send work elsewhere: "
                    + names(settings.heldBack()) + ". Set what you want with `git config`.");
        }
        if (!settings.whole()) {
            lines.add("The agent's git settings could not be read, so .git/config stays as it was.");
        }
    }

    private static String names(List<String> all) {
        String some = all.stream()
                .limit(MOST_NAMED)
                .map(name -> TerminalText.line(name, MOST_NAME))
                .collect(Collectors.joining(", "));
        return some + (all.size() > MOST_NAMED ? " and " + (all.size() - MOST_NAMED) + " more" : "");
    }

    private static void add(SpecialFiles files, List<String> lines) {
        lines.add(files.count() + " × " + files.kind().word() + ": "
                + files.kind().why());
        List<SpecialFiles.SpecialFile> some =
                files.some().stream().limit(MOST_SPECIAL_FILES).toList();
        for (SpecialFiles.SpecialFile one : some) {
            lines.add("  " + TerminalText.line(one.path(), MOST_NAME)
                    + one.to()
                            .map(to -> " -> " + TerminalText.line(to, MOST_NAME))
                            .orElse(""));
        }
        if (files.count() > some.size()) {
            lines.add("  and " + (files.count() - some.size()) + " more");
        }
    }
}
