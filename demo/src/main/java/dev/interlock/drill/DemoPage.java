package dev.interlock.drill;

import dev.interlock.drill.TerminalColours.TextRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The demo's page for people: what happened without Interlock, what happened with it, and how to check that. */
final class DemoPage {

    /** The width; it fits a terminal of 100 columns, and a screenshot. */
    private static final int WIDTH = 98;

    private final TerminalColours paint;
    private final List<String> lines = new ArrayList<>();

    private DemoPage(TerminalColours paint) {
        this.paint = paint;
    }

    static String of(DemoReport report, TerminalColours paint) {
        DemoPage page = new DemoPage(paint);
        String script = Judge.brief(report.script());
        page.title(
                "the nine-second deletion",
                "one agent, the same script twice (sha256 " + script + "), only the launcher differs");
        page.control(report.control());
        page.guarded(report);
        page.refusal("the refusal that the agent got for the shared volume", report.refusal());
        page.backups(report.backups());
        page.fact("signature", report.signature());
        page.evidence(report.ledger());
        page.fact("separation", report.separation());
        page.line("");
        page.verdict(report.red(), report.took());
        return String.join("\n", page.lines) + "\n";
    }

    static String of(DatabaseReport report, TerminalColours paint) {
        DemoPage page = new DemoPage(paint);
        page.title(
                DatabaseDemo.STORIES.getOrDefault(report.story(), report.story()),
                "one agent, the same script twice, on equal databases of a real PostgreSQL");
        page.top("without Interlock", TextRole.BAD);
        report.notes().forEach(note -> page.boxed(page.faint("agent  ") + note));
        page.boxed("");
        report.control().forEach(step -> page.step(step, !step.got().equals(DatabaseReport.CHANGED)));
        page.bottom();
        page.top("inside `interlock run`", TextRole.GOOD);
        report.guarded().forEach(step -> page.step(step, step.green()));
        page.bottom();
        report.guarded().stream()
                .filter(step ->
                        Set.of(DatabaseReport.HELD, DatabaseReport.REFUSED).contains(step.expected()))
                .findFirst()
                .ifPresent(step -> page.refusal("what the agent was told at `" + step.name() + "`", step.disk()));
        page.evidence(report.ledger());
        page.line("");
        page.verdict(report.red(), report.took());
        return String.join("\n", page.lines) + "\n";
    }

    private void step(StepFinding step, boolean isGood) {
        boxed(judged(isGood, isGood ? "✓ " : "✗ ")
                + pad(step.name(), 19)
                + judged(isGood, pad(step.got(), 14))
                + faint(step.counted()));
    }

    private void title(String story, String how) {
        line("");
        line("  " + paint.of(TextRole.STRONG, "I N T E R L O C K") + faint("   " + story + ", replayed"));
        line("  " + faint(how));
        line("");
    }

    private void control(DemoReport.ControlRun control) {
        boolean destroyed = control.destroyed();
        top("without Interlock", TextRole.BAD);
        control.notes().forEach(note -> boxed(faint("agent  ") + note));
        boxed("");
        String clock =
                destroyed ? "✗ destroyed in " + DemoReport.seconds(control.took()) + " s" : "? nothing was destroyed";
        boxed(judged(!destroyed, clock) + "   bookings and their backups: sha256 " + Judge.brief(control.before())
                + " → " + judged(false, destroyed ? "gone" : Judge.brief(control.after())) + "   " + Judge.DELETE + " +"
                + control.deletions());
        lost(control.rewound(), "commits lost", "main rewound: 2 commits of 2 people are in no branch");
        lost(control.leaked(), "token sent", "to the server of a tool that had changed its description");
        bottom();
    }

    private void lost(boolean lost, String what, String more) {
        boxed(judged(!lost, pad(lost ? "✗ " + what : "? no " + what, 23)) + more);
    }

    private void guarded(DemoReport report) {
        top("inside `interlock run`", TextRole.GOOD);
        boxed(faint("  " + columns("step", "what happened") + pad("the provider counted", 34) + "files"));
        for (StepFinding finding : report.findings()) {
            boxed(judged(finding.green(), finding.green() ? "✓ " : "✗ ")
                    + columns(finding.name(), judged(finding.green(), finding.got()))
                    + faint(pad(finding.counted(), 34) + finding.disk()));
            if (!finding.green()) {
                boxed(judged(false, "  expected: " + finding.expected()));
            }
        }
        boxed("");
        boolean lost = report.guardedDestroyed();
        boxed(judged(!lost, lost ? "✗ bookings lost" : "✓ bookings and backups intact")
                + "   sha256 " + Judge.brief(report.control().before()) + " = " + Judge.brief(report.bookings())
                + "   found token " + (report.tokenAlive() ? "still valid" : "NO LONGER VALID"));
        bottom();
    }

    private static String columns(String step, String happened) {
        return pad(step, 19) + pad(happened, 22);
    }

    private void refusal(String title, String text) {
        if (!text.isEmpty()) {
            top(title, TextRole.PLAIN);
            boxedText(text);
            bottom();
        }
    }

    private void backups(DemoReport.BackupAnswers backups) {
        top("the backup that `interlock backup status` says would remain without the bookings' volume", TextRole.PLAIN);
        for (StatusAnswer answer : backups.answers()) {
            List<String> words = wrapped(answer.words(), WIDTH - 34);
            boxed(judged(!answer.red(), answer.red() ? "✗ " : "✓ ") + pad(answer.when(), 28) + words.getFirst());
            words.stream().skip(1).forEach(rest -> boxed(" ".repeat(30) + rest));
        }
        backups.trouble().map(TerminalColours::harmless).ifPresent(this::boxedText);
        boxed("");
        boxedText("Before the scratch volume could be deleted, the refusal told the agent what is missing: "
                + backups.asked() + "."
                + (backups.trouble().isEmpty()
                        ? " Then `backup run` copied each volume, restored the copies, and compared."
                        : ""));
        bottom();
    }

    private void evidence(DemoReport.LedgerCheck ledger) {
        fact(
                "ledger",
                ledger.receipts() + " receipts, " + (ledger.verified() ? "verified offline" : "NOT VERIFIED")
                        + "; one byte altered in a copy: "
                        + (ledger.named() ? "found, in " + ledger.tampered().orElse("") : "NOT FOUND"));
    }

    private void fact(String name, String text) {
        List<String> wrapped = wrapped(text, WIDTH - 14);
        line("  " + faint(pad(name, 12)) + wrapped.getFirst());
        wrapped.stream().skip(1).forEach(rest -> line(" ".repeat(14) + rest));
    }

    private void verdict(List<String> red, Duration took) {
        line("  " + judged(red.isEmpty(), red.isEmpty() ? "ALL ATTACKS REFUSED" : "RED: " + String.join(", ", red))
                + faint("   " + DemoReport.seconds(took) + " s in all"));
    }

    private String faint(String text) {
        return paint.of(TextRole.FAINT, text);
    }

    private String judged(boolean good, String text) {
        return paint.of(good ? TextRole.GOOD : TextRole.BAD, text);
    }

    private void top(String title, TextRole colour) {
        String rest = "─".repeat(Math.max(0, WIDTH - title.length() - 5));
        line(faint("╭─ ") + paint.of(colour, title) + faint(" " + rest + "╮"));
    }

    private void bottom() {
        line(faint("╰" + "─".repeat(WIDTH - 2) + "╯"));
    }

    private void boxed(String content) {
        String cut = TerminalColours.cut(content, WIDTH - 4);
        line(faint("│ ") + cut + " ".repeat(WIDTH - 4 - TerminalColours.width(cut)) + faint(" │"));
    }

    private void boxedText(String text) {
        wrapped(text, WIDTH - 4).forEach(this::boxed);
    }

    private void line(String text) {
        lines.add(text.stripTrailing());
    }

    /** Returns {@code text} with blanks up to {@code width} columns, and with one at least. */
    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - TerminalColours.width(text)));
    }

    private static List<String> wrapped(String text, int width) {
        List<String> wrapped = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                wrapped.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        wrapped.add(line.toString());
        return wrapped;
    }
}
