package dev.interlock.drill;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The results of a story with a database.
 *
 * @param notes what the agent said without Interlock
 */
record DatabaseReport(
        String story,
        List<String> notes,
        List<StepFinding> control,
        List<StepFinding> guarded,
        DemoReport.LedgerCheck ledger,
        Duration took) {

    static final String CHANGED = "CHANGED";
    static final String HELD = "held";
    static final String REFUSED = "refused";
    static final String DONE = "done";
    static final String UNREACHED = "no arrival";

    private static final Pattern UNREACHABLE =
            Pattern.compile("Connection refused|could not translate|could not connect");

    DatabaseReport {
        notes = List.copyOf(notes);
        control = List.copyOf(control);
        guarded = List.copyOf(guarded);
    }

    /** Judges a step by the tables, and only if none has changed by its answer. */
    static StepFinding finding(String name, String expected, String answer, String before, String after) {
        String got = DONE;
        if (!before.equals(after)) {
            got = CHANGED;
        } else if (answer.contains("confirmation required")) {
            got = HELD;
        } else if (UNREACHABLE.matcher(answer).find()) {
            got = UNREACHED;
        } else if (answer.contains("ERROR:") || answer.contains("FATAL:")) {
            got = REFUSED;
        }
        return new StepFinding(
                name, expected, got, after, TerminalColours.harmless(answer).strip(), Optional.empty());
    }

    static boolean destroyed(List<StepFinding> steps) {
        return steps.stream().anyMatch(step -> step.got().equals(CHANGED));
    }

    List<String> red() {
        List<String> red = new ArrayList<>();
        if (!destroyed(control)) {
            red.add("control");
        }
        guarded.stream().filter(step -> !step.green()).map(StepFinding::name).forEach(red::add);
        if (guarded.size() != control.size()) {
            red.add("a step did not happen");
        }
        if (!ledger.verified() || !ledger.named()) {
            red.add("evidence");
        }
        return red;
    }

    Json.Members told(Instant at) {
        return DemoReport.told(story, at, took, destroyed(control), destroyed(guarded), red(), guarded, ledger)
                .with("backups", new Json.Array(List.of()));
    }
}
