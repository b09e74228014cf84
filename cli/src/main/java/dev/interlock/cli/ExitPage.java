package dev.interlock.cli;

import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.session.SessionSummary;
import dev.interlock.session.TerminalText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The summary for people after an agent has ended. It is short, fits 80 columns, and contains no terminal controls. */
final class ExitPage {

    private static final int WIDTH = 80;
    private static final int INDENT = 11;
    private static final int MOST = 5;

    private final List<String> lines = new ArrayList<>();

    private ExitPage() {}

    /** {@code account} is what the gateway saw; empty if unknown. */
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
        page.each("left", new WorkspaceFindingsText(outcome.findings()).lines());
        page.each("killed", RunCommand.lines(recorded.killed()));
        recorded.troubles().forEach(trouble -> page.part("trouble", trouble));
        account.ifPresent(known -> page.part(
                "receipts",
                (known.whole() ? "" : "more than ") + known.receipts() + ": interlock receipts --lease "
                        + recorded.lease()));
        page.part("record", "interlock session show " + recorded.lease());
        return page.lines;
    }

    private void account(SessionSummary account, List<HoldQuestion.Hold> holds) {
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

    private void part(String label, String text) {
        String rest = TerminalText.line(text);
        String head = label + " ".repeat(INDENT - label.length());
        String hanging = rest.startsWith("  ") ? "  " : "";
        while (!rest.isBlank()) {
            int end = end(rest, WIDTH - INDENT);
            lines.add((head + rest.substring(0, end)).stripTrailing());
            rest = rest.substring(end).stripLeading();
            rest = rest.isEmpty() ? rest : hanging + rest;
            head = " ".repeat(INDENT);
        }
    }

    private static int end(String text, int room) {
        if (text.length() <= room) {
            return text.length();
        }
        int space = text.lastIndexOf(' ', room);
        int end = text.substring(0, Math.max(space, 0)).isBlank() ? room : space;
        return Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
    }
}
