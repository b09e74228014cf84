package dev.interlock.drill;

import dev.interlock.drill.TerminalColours.TextRole;
import java.util.ArrayList;
import java.util.List;

/** The demo's page for people: what happened without Interlock, what happened with it, and how to check that. */
final class DemoPage {

    /** The width; it fits a terminal of 100 columns, and a screenshot. */
    static final int WIDTH = 98;

    private static final int STEP = 19;
    private static final int HAPPENED = 22;
    private static final int COUNTED = 34;
    private static final int LABEL = 12;
    private static final int WHEN = 28;
    private static final int LOST = 23;

    private final TerminalColours paint;
    private final List<String> lines = new ArrayList<>();

    private DemoPage(TerminalColours paint) {
        this.paint = paint;
    }

    static String of(DemoReport report, TerminalColours paint) {
        DemoPage page = new DemoPage(paint);
        page.title(report);
        page.control(report.control());
        page.guarded(report);
        page.refusal(report.refusal());
        page.backups(report.backups());
        page.evidence(report);
        page.verdict(report);
        return String.join("\n", page.lines) + "\n";
    }

    private void title(DemoReport report) {
        line("");
        line("  " + paint.of(TextRole.STRONG, "I N T E R L O C K")
                + paint.of(TextRole.FAINT, "   the nine-second deletion, replayed"));
        String script = Judge.brief(report.script());
        line("  "
                + paint.of(
                        TextRole.FAINT,
                        "one agent, the same script twice (sha256 " + script + "), only the launcher differs"));
        line("");
    }

    private void control(DemoReport.ControlRun control) {
        top("without Interlock", TextRole.BAD);
        control.notes().forEach(note -> boxed(paint.of(TextRole.FAINT, "agent  ") + note));
        boxed("");
        String after = control.destroyed() ? "gone" : Judge.brief(control.after());
        String clock = control.destroyed()
                ? "✗ destroyed in " + DemoReport.seconds(control.took()) + " s"
                : "? nothing was destroyed";
        boxed(paint.of(control.destroyed() ? TextRole.BAD : TextRole.GOOD, clock)
                + "   bookings and their backups: sha256 " + Judge.brief(control.before()) + " → "
                + paint.of(TextRole.BAD, after) + "   " + Judge.DELETE + " +" + control.deletions());
        lost(control.rewound(), "commits lost", "main rewound: 2 commits of 2 people are in no branch");
        lost(control.leaked(), "token sent", "to the server of a tool that had changed its description");
        bottom();
    }

    private void lost(boolean lost, String what, String more) {
        TextRole colour = lost ? TextRole.BAD : TextRole.GOOD;
        boxed(paint.of(colour, pad(lost ? "✗ " + what : "? no " + what, LOST)) + more);
    }

    private void guarded(DemoReport report) {
        top("inside `interlock run`", TextRole.GOOD);
        boxed(paint.of(
                TextRole.FAINT,
                "  " + pad("step", STEP) + pad("what happened", HAPPENED) + pad("the provider counted", COUNTED)
                        + "files"));
        for (StepFinding finding : report.findings()) {
            row(finding);
        }
        boxed("");
        boolean lost = report.guardedDestroyed();
        boxed(paint.of(lost ? TextRole.BAD : TextRole.GOOD, lost ? "✗ bookings lost" : "✓ bookings and backups intact")
                + "   sha256 " + Judge.brief(report.control().before()) + " = " + Judge.brief(report.bookings())
                + "   found token " + (report.tokenAlive() ? "still valid" : "NO LONGER VALID"));
        bottom();
    }

    private void row(StepFinding finding) {
        TextRole colour = finding.green() ? TextRole.GOOD : TextRole.BAD;
        boxed(paint.of(colour, finding.green() ? "✓ " : "✗ ")
                + pad(finding.name(), STEP)
                + paint.of(colour, pad(finding.got(), HAPPENED))
                + paint.of(TextRole.FAINT, pad(finding.counted(), COUNTED) + finding.disk()));
        if (!finding.green()) {
            boxed(paint.of(TextRole.BAD, "  expected: " + finding.expected()));
        }
    }

    private void refusal(String text) {
        if (text.isEmpty()) {
            return;
        }
        top("the refusal that the agent got for the shared volume", TextRole.PLAIN);
        boxedText(text);
        bottom();
    }

    private void backups(DemoReport.BackupAnswers backups) {
        top("the backup that `interlock backup status` says would remain without the bookings' volume", TextRole.PLAIN);
        for (StatusAnswer sight : backups.answers()) {
            TextRole colour = sight.red() ? TextRole.BAD : TextRole.GOOD;
            List<String> words = wrapped(sight.words(), WIDTH - 6 - WHEN);
            boxed(paint.of(colour, sight.red() ? "✗ " : "✓ ") + pad(sight.when(), WHEN) + words.getFirst());
            words.stream().skip(1).forEach(rest -> boxed(" ".repeat(WHEN + 2) + rest));
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

    private void evidence(DemoReport report) {
        DemoReport.LedgerCheck ledger = report.ledger();
        fact("signature", report.signature());
        fact(
                "ledger",
                ledger.receipts() + " receipts, " + (ledger.verified() ? "verified offline" : "NOT VERIFIED")
                        + "; one byte altered in a copy: "
                        + (ledger.named() ? "found, in " + ledger.tampered().orElse("") : "NOT FOUND"));
        fact("separation", report.separation());
        line("");
    }

    private void fact(String name, String text) {
        List<String> wrapped = wrapped(text, WIDTH - LABEL - 2);
        line("  " + paint.of(TextRole.FAINT, pad(name, LABEL)) + wrapped.getFirst());
        wrapped.stream().skip(1).forEach(rest -> line(" ".repeat(LABEL + 2) + rest));
    }

    private void verdict(DemoReport report) {
        List<String> red = report.red();
        line("  "
                + (red.isEmpty()
                        ? paint.of(TextRole.GOOD, "ALL ATTACKS REFUSED")
                        : paint.of(TextRole.BAD, "RED: " + String.join(", ", red)))
                + paint.of(TextRole.FAINT, "   " + DemoReport.seconds(report.took()) + " s in all"));
    }

    private void top(String title, TextRole colour) {
        String head = "╭─ " + title + " ";
        line(paint.of(TextRole.FAINT, "╭─ ")
                + paint.of(colour, title)
                + paint.of(TextRole.FAINT, " " + "─".repeat(Math.max(0, WIDTH - head.length() - 1)) + "╮"));
    }

    private void bottom() {
        line(paint.of(TextRole.FAINT, "╰" + "─".repeat(WIDTH - 2) + "╯"));
    }

    private void boxed(String content) {
        String cut = TerminalColours.cut(content, WIDTH - 4);
        String space = " ".repeat(WIDTH - 4 - TerminalColours.width(cut));
        line(paint.of(TextRole.FAINT, "│ ") + cut + space + paint.of(TextRole.FAINT, " │"));
    }

    private void boxedText(String text) {
        wrapped(text, WIDTH - 4).forEach(this::boxed);
    }

    private void line(String text) {
        lines.add(text.stripTrailing());
    }

    private static String pad(String text, int width) {
        return text.length() >= width ? text + " " : text + " ".repeat(width - text.length());
    }

    /** Returns {@code text} in lines of at most {@code width} characters, broken between words. */
    static List<String> wrapped(String text, int width) {
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
