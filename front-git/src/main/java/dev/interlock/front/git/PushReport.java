package dev.interlock.front.git;

import dev.interlock.action.VisibleText;
import dev.interlock.catalog.PushedRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
    private static final int MAX_REASON = 150;

    private final PushCommands commands;
    private final List<PushedRef> refs;
    private final List<String> because;
    private final Optional<String> hold;

    PushReport(PushCommands commands, List<PushedRef> refs, List<String> because, Optional<String> hold) {
        this.commands = commands;
        this.refs = refs;
        this.because = because;
        this.hold = hold;
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
        return VisibleText.shortened(
                refs.stream()
                                .filter(ref -> ref.name().equals(command.ref()))
                                .flatMap(ref -> LossWords.of(ref).stream())
                                .findFirst()
                                .or(() -> because.stream().findFirst())
                                .orElse("refused")
                        + hold.map(id -> " · " + id + " waits for people").orElse(""),
                MAX_REASON);
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (PushedRef ref : refs) {
            LossWords.of(ref)
                    .ifPresent(words -> lines.add("interlock: " + words
                            + hold.map(id -> " · " + id + " waits for people").orElse("")));
        }
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
