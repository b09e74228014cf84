package dev.interlock.cli;

import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.confine.WorkspaceFindings;
import dev.interlock.session.SessionSummary;
import dev.interlock.session.TerminalText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What people read about a run: labels with text beside them, of 80 columns, without terminal controls. */
final class ExitPage {

    private static final int WIDTH = 80;
    private static final int INDENT = 11;

    /** The maximum number of lines of each part; `receipts` has them all. */
    private static final int MOST = 5;

    private final List<String> lines = new ArrayList<>();

    /**
     * Returns the page after an agent has ended.
     *
     * @param account what the gateway saw; empty if unknown
     * @param holds the holds that it opened, as `hold.list` has them
     */
    static List<String> of(
            AgentLaunch.RunOutcome outcome,
            AgentLaunch.RunRecord recorded,
            Optional<SessionSummary> account,
            List<HoldQuestion.Hold> holds) {
        ExitPage page = new ExitPage();
        page.lines.add("");
        page.part(
                "interlock",
                "session " + recorded.lease() + ", " + span(Duration.between(recorded.started(), recorded.ended()))
                        + ", ended with " + outcome.exit());
        account.ifPresentOrElse(
                known -> page.account(known, holds),
                () -> page.part("did", "the gateway does not answer; see `interlock status`"));
        page.left(outcome.findings());
        page.each("killed", RunCommand.lines(recorded.killed()));
        recorded.troubles().forEach(trouble -> page.part("trouble", trouble));
        account.ifPresent(known -> page.part(
                "receipts",
                (known.whole() ? "" : "more than ") + known.receipts() + ": interlock receipts --lease "
                        + recorded.lease()));
        page.part("record", "interlock session show " + recorded.lease());
        return page.lines;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    /** Adds the files that an agent left. */
    void left(WorkspaceFindings findings) {
        each("left", new WorkspaceFindingsText(findings).lines());
    }

    /** Adds what the gateway saw, and the holds that the run opened. */
    void account(SessionSummary account, List<HoldQuestion.Hold> holds) {
        if (account.letThrough().isEmpty()) {
            part("did", "nothing through the gateway");
        }
        List<SessionSummary.AllowedCalls> deeds = account.letThrough();
        for (int i = 0; i < Math.min(deeds.size(), MOST); i++) {
            SessionSummary.AllowedCalls deed = deeds.get(i);
            part(
                    i == 0 ? "did" : "",
                    deed.count() + " × " + some(String.join("+", deed.what())) + " in "
                            + some(String.join(", ", deed.where())));
        }
        more(deeds.size());
        if (account.unknown() > 0) {
            part("", CellFormat.number(account.unknown(), "call") + " of these may or may not have happened");
        }
        if (!account.whole()) {
            part("more", "there are more receipts; only the newest of each kind are counted here");
        }
        List<SessionSummary.DeniedCalls> refused = account.refused();
        for (int i = 0; i < Math.min(refused.size(), MOST); i++) {
            SessionSummary.DeniedCalls one = refused.get(i);
            part(
                    i == 0 ? "refused" : "",
                    one.count() + " × " + one.kind() + (one.what().isEmpty() ? "" : ", " + one.what()));
            part("", "  " + TerminalText.line(one.reason(), 240));
        }
        more(refused.size());
        for (int i = 0; i < Math.min(holds.size(), MOST); i++) {
            HoldQuestion.Hold hold = holds.get(i);
            boolean waits = hold.isLive();
            part(
                    waits ? "waits" : "held",
                    TerminalText.line(hold.summary(), 160) + (waits ? "" : " (" + state(hold) + ")"));
            part("", "  interlock hold show " + hold.id());
        }
        more(holds.size());
        if (holds.stream().anyMatch(hold -> hold.state().equals("void"))) {
            part("", UnansweredHolds.ENDED);
        }
    }

    /** A hold ends with the lease that requested it. */
    private static String state(HoldQuestion.Hold hold) {
        return hold.state().equals("void") ? "void: a hold ends with its run" : hold.state();
    }

    private void each(String label, List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            part(i == 0 ? label : "", lines.get(i));
        }
    }

    private void more(int all) {
        if (all > MOST) {
            part("", "and " + (all - MOST) + " more sorts");
        }
    }

    private static String some(String words) {
        return words.isEmpty() ? "no environment" : words;
    }

    static String span(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 60
                ? seconds + " s"
                : seconds < 3_600
                        ? seconds / 60 + " min " + seconds % 60 + " s"
                        : seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
    }

    /** Adds a label with text beside it, wrapped if necessary. */
    void part(String label, String text) {
        String line = label + " ".repeat(INDENT - label.length()) + TerminalText.line(text);
        lines.addAll(LineWrapping.of(line, WIDTH, text.startsWith("  ") ? INDENT + 2 : INDENT));
    }
}
