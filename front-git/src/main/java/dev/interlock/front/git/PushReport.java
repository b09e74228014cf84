package dev.interlock.front.git;

import dev.interlock.action.Action;
import dev.interlock.action.PushedRef;
import dev.interlock.action.VisibleText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The answer to a push that is refused: a report of each ref, and reasons in the side band, printed as {@code remote:}.
 */
final class PushReport {

    private static final int REPORTED = 1;
    private static final int SHOWN = 2;
    /** The longest reason of one ref: Git prints it at the end of a line. */
    private static final int MAX_REASON = 120;

    private static final int MAX_REASONS = 20;

    private final PushCommands commands;
    private final Map<String, List<String>> reasons;
    private final List<String> because;
    private final String waiting;

    /** @param because why the push is refused, and what to do next */
    PushReport(PushCommands commands, Map<String, List<String>> reasons, List<String> because, Optional<String> hold) {
        this.commands = commands;
        this.reasons = reasons;
        this.because = because;
        this.waiting = hold.map(id -> " · " + id + " waits for people").orElse("");
    }

    /** Returns why a ref is more than an ordinary change, as {@code would remove 14 commits by 3 people from main}. */
    static List<String> reasons(PushedRef ref, Action action) {
        List<String> reasons = new ArrayList<>();
        String name = ref.shortName().replaceFirst("^(heads|tags)/", "");
        String lost = lost(ref.lost(), ref.history());
        if (ref.change() == PushedRef.Change.DELETE) {
            reasons.add("would delete " + name + (lost.isEmpty() ? "" : ", and remove " + lost));
        } else if (ref.isForced()) {
            reasons.add(
                    lost.isEmpty()
                            ? "would move " + name + " to another line of commits"
                            : "would remove " + lost + " from " + name);
        }
        action.facts().stream()
                .filter(fact -> fact.name().equals("because")) // the rule of a catalog
                .map(fact -> fact.value().substring(0, 1).toLowerCase(Locale.ROOT)
                        + fact.value().substring(1).replaceFirst("\\.$", ""))
                .forEach(sentence -> reasons.add(name + ": " + sentence));
        return reasons;
    }

    private static String lost(OptionalInt lost, PushedRef.LostHistory history) {
        if (lost.isEmpty()) {
            return "an unknown number of commits";
        }
        return lost.getAsInt() == 0
                ? ""
                : count(lost.getAsInt(), "commit", "commits") + " by "
                        + count(history.authors().size(), "person", "people");
    }

    private static String count(int number, String one, String several) {
        return number + " " + (number == 1 ? one : several);
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
        for (String sentence : because) {
            lines.add((lines.isEmpty() ? "interlock: " : "") + VisibleText.line(sentence));
        }
        return lines;
    }
}
