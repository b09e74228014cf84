package dev.interlock.cli;

import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.session.TerminalText;
import java.util.ArrayList;
import java.util.List;

/** The holds of a run that nobody had answered when it ended, in words for the person who started it. */
final class UnansweredHolds {

    private static final String VOID = "void";

    static final String ENDED =
            "A hold ends with its run, so nobody can approve this any more. Let the agent ask again, and keep it running until people have answered: a run that nobody sits at, such as `claude -p`, does not wait by itself.";

    private static final String NOT_SENT_YET = "  approved: the agent has to send the same call again";
    private static final String NOT_SENT =
            "  it was approved, but the agent did not send the call again before its run ended: let it ask again";

    private UnansweredHolds() {}

    /** None if there is no such hold. */
    static List<String> lines(List<HoldQuestion.Hold> holds) {
        List<String> lines = new ArrayList<>();
        boolean ended = false;
        for (HoldQuestion.Hold hold : holds) {
            boolean waits = hold.isLive();
            if (waits || hold.state().equals(VOID)) {
                boolean signed = hold.usableFrom().isPresent();
                ended |= !waits && !signed;
                lines.add((signed ? "signed  " : waits ? "waits  " : "held  ") + hold.id() + ": "
                        + TerminalText.line(hold.summary(), 240));
                lines.add(
                        signed
                                ? waits ? NOT_SENT_YET : NOT_SENT
                                : "  missing: " + TerminalText.line(String.join("; ", hold.missing()), 240));
            }
        }
        if (ended) {
            lines.add(ENDED);
        }
        return lines;
    }
}
