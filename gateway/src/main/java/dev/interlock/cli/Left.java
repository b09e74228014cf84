package dev.interlock.cli;

import dev.interlock.confine.Leavings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an agent left that runs by itself later, as people and programs are told. */
final class Left {

    /** Of one reason: who makes thousands of one sort must not bury the one of another. */
    private static final int MOST = 12;

    private final Leavings leavings;

    Left(Leavings leavings) {
        this.leavings = leavings;
    }

    /** One line for each file, and what else a person has to know; none if there is nothing. */
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
        if (!leavings.files().isEmpty()) {
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
}
