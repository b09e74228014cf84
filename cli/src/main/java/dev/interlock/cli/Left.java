package dev.interlock.cli;

import dev.interlock.confine.Leavings;
import dev.interlock.confine.Snare;
import dev.interlock.session.Shown;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files that an agent left and that run by themselves later, or are no plain files, as text for people. */
final class Left {

    /** The maximum number for one reason: thousands of one kind must not hide one of another. */
    private static final int MOST = 12;

    /** The maximum number of special files of one kind: those near the top. */
    private static final int MOST_SNARES = 5;

    /** The maximum length of a name. An attacker could fill the screen with it. */
    private static final int MOST_NAME = 200;

    private final Leavings leavings;

    Left(Leavings leavings) {
        this.leavings = leavings;
    }

    /** Returns one line for each file, and further hints; none if there are no files. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        Map<String, Integer> told = new LinkedHashMap<>();
        for (Leavings.File file : leavings.files()) {
            if (told.merge(file.why(), 1, Integer::sum) <= MOST) {
                lines.add(file.path() + (file.fresh() ? " (new): " : " (changed): ") + file.why());
            }
        }
        told.forEach((why, count) -> {
            if (count > MOST) {
                lines.add("and " + Rendering.number(count - MOST, "more path") + ": " + why + " (--json has all)");
            }
        });
        if (leavings.more() > 0) {
            lines.add("and " + Rendering.number(leavings.more(), "more path") + " that were told when it ended");
        }
        leavings.snares().forEach(snare -> add(snare, lines));
        if (leavings.isAnything()) {
            lines.add("Look at these before anything else is done in the workspace.");
        }
        if (leavings.unheld() > 0) {
            lines.add("Not all could be kept from being written, being too many or shut away by their owner: "
                    + Rendering.number(leavings.unheld(), "more path")
                    + " could be.");
        }
        if (!leavings.whole()) {
            lines.add("Not all of the workspace could be looked through: there may be more that runs by itself.");
        }
        return lines;
    }

    private static void add(Snare snare, List<String> lines) {
        lines.add(snare.count() + " × " + snare.kind().word() + ": "
                + snare.kind().why());
        List<Snare.Found> some = snare.some().stream().limit(MOST_SNARES).toList();
        for (Snare.Found one : some) {
            lines.add("  " + Shown.line(one.path(), MOST_NAME)
                    + one.to().map(to -> " -> " + Shown.line(to, MOST_NAME)).orElse(""));
        }
        if (snare.count() > some.size()) {
            lines.add("  and " + (snare.count() - some.size()) + " more");
        }
    }
}
