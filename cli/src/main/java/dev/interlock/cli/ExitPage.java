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
import java.util.function.BiConsumer;

/** What people read about a run: labels with text beside them, of 80 columns, without terminal controls. */
final class ExitPage {

    private static final int WIDTH = 80;
    private static final int INDENT = 11;
    private static final int MOST = 5;

    private final List<String> lines = new ArrayList<>();

    /** {@code account} is what the gateway saw; empty if unknown. */
    static List<String> of(
            AgentLaunch.RunOutcome outcome,
            AgentLaunch.RunRecord recorded,
            Optional<SessionSummary> account,
            List<HoldQuestion.Hold> holds) {
        ExitPage page = new ExitPage();
        page.lines.add("");
        List<String> gone = LostFilesText.lines(recorded);
        if (!gone.isEmpty()) {
            page.part("gone", gone.getFirst());
            page.lines.add(" ".repeat(INDENT) + gone.getLast()); // not wrapped, because it is copied
        }
        page.part(
                "interlock",
                "session " + recorded.lease() + ", " + span(Duration.between(recorded.started(), recorded.ended()))
                        + ", ended with " + outcome.exit());
        account.ifPresentOrElse(
                known -> page.account(known, holds),
                () -> page.part("did", "the gateway does not answer; see `interlock status`"));
        page.some("published", recorded.published(), Integer.MAX_VALUE, page::part);
        page.left(outcome.findings());
        page.some("killed", RunCommand.lines(recorded.killed()), Integer.MAX_VALUE, page::part);
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
        some("left", new WorkspaceFindingsText(findings).lines(), Integer.MAX_VALUE, this::part);
    }

    /** Adds what the gateway saw, and the holds that the run opened. */
    void account(SessionSummary account, List<HoldQuestion.Hold> holds) {
        if (account.letThrough().isEmpty()) {
            part("did", "nothing through the gateway");
        }
        some(
                "did",
                account.letThrough(),
                MOST,
                (label, deed) -> part(
                        label,
                        deed.count() + " × " + some(String.join("+", deed.what())) + " in "
                                + some(String.join(", ", deed.where()))));
        if (account.unknown() > 0) {
            part("", CellFormat.number(account.unknown(), "call") + " of these may or may not have happened");
        }
        if (!account.whole()) {
            part("more", "there are more receipts; only the newest of each kind are counted here");
        }
        some("refused", account.refused(), MOST, (label, one) -> {
            part(label, one.count() + " × " + one.kind() + (one.what().isEmpty() ? "" : ", " + one.what()));
            part("", "  " + TerminalText.line(one.reason(), 240));
        });
        some("", holds, MOST, (_, hold) -> {
            part(
                    hold.isLive() ? "waits" : "held",
                    TerminalText.line(hold.summary(), 160) + (hold.isLive() ? "" : " (" + state(hold) + ")"));
            part("", "  interlock hold show " + hold.id());
        });
        if (holds.stream().anyMatch(hold -> hold.state().equals("void"))) {
            part("", UnansweredHolds.ENDED);
        }
    }

    /** The first {@code most} of {@code all}; the first of these has the label. */
    private <T> void some(String label, List<T> all, int most, BiConsumer<String, T> print) {
        for (int i = 0; i < Math.min(all.size(), most); i++) {
            print.accept(i == 0 ? label : "", all.get(i));
        }
        if (all.size() > most) {
            part("", "and " + (all.size() - most) + " more sorts");
        }
    }

    private static String state(HoldQuestion.Hold hold) {
        return hold.state().equals("void") ? "void: a hold ends with its run" : hold.state();
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
        lines.addAll(LineWrapping.of(line.stripTrailing(), WIDTH, INDENT + (text.startsWith("  ") ? 2 : 0)));
    }
}
