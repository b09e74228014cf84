package dev.interlock.front.git;

import dev.interlock.action.VisibleText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The answer to a push that is refused: the report of each ref, and the reasons in the side band, which Git prints as
 * {@code remote:}.
 */
final class PushReport {

    private static final int REPORTED = 1;
    private static final int SHOWN = 2;

    /** Columns of a line in a terminal, without Git's {@code remote: }. */
    private static final int WIDTH = 100;

    /** The longest reason of one ref: Git prints it at the end of a line. */
    private static final int MAX_REASON = 120;

    /** The most reasons that are shown. */
    private static final int MAX_REASONS = 20;

    private final PushCommands commands;
    private final Map<String, List<String>> reasons;
    private final List<String> because;
    private final String waiting;

    /**
     * Creates the answer.
     *
     * @param reasons why a ref is more than an ordinary change, by its name
     * @param because why the push is refused, and what to do next
     * @param hold the hold under which people are asked, if they are
     */
    PushReport(PushCommands commands, Map<String, List<String>> reasons, List<String> because, Optional<String> hold) {
        this.commands = commands;
        this.reasons = reasons;
        this.because = because;
        this.waiting = hold.map(id -> " · " + id + " waits for people").orElse("");
    }

    byte[] bytes() {
        PacketWriter report = new PacketWriter().line("unpack ok\n");
        for (RefCommand command : commands.commands()) {
            report.line("ng " + command.ref() + " interlock: " + reason(command) + "\n");
        }
        report.flush();
        if (!commands.capabilities().contains(PushCommands.SIDE_BAND)) {
            return report.bytes();
        }
        PacketWriter out = new PacketWriter();
        lines().forEach(line -> out.band(SHOWN, (line + "\n").getBytes(StandardCharsets.UTF_8)));
        return out.band(REPORTED, report.bytes()).flush().bytes();
    }

    private String reason(RefCommand command) {
        String first = reasons.getOrDefault(command.ref(), List.of()).stream()
                .findFirst()
                .or(() -> because.stream().findFirst())
                .orElse("refused");
        return VisibleText.shortened(VisibleText.line(first), MAX_REASON) + waiting;
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        reasons.values().stream()
                .flatMap(List::stream)
                .distinct()
                .limit(MAX_REASONS)
                .forEach(reason -> lines.add("interlock: " + VisibleText.line(reason) + waiting));
        boolean isNamed = !lines.isEmpty();
        for (String sentence : because) {
            lines.addAll(wrapped((isNamed ? "" : "interlock: ") + VisibleText.line(sentence)));
            isNamed = true;
        }
        return lines;
    }

    private static List<String> wrapped(String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (line.length() > 0 && line.length() + word.length() >= WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() > 0 ? " " : "").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
