package dev.interlock.front.git;

import dev.interlock.action.Headline;
import dev.interlock.action.PushedRef;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The answer to a push that is refused: a report of each ref, and reasons in the side band, printed as {@code remote:}.
 */
final class PushReport {

    private static final int REPORTED = 1;
    static final int SHOWN = 2;
    /** The longest reason of one ref: Git prints it at the end of a line. */
    private static final int MAX_REASON = 160;

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

    /** Returns what is done to a ref, in the words that people read everywhere, and why it is more than a change. */
    static List<String> reasons(PushedRef ref, Json.Members action, Json.Members radius) {
        List<String> reasons = new ArrayList<>(List.of(lower(Headline.of(List.of(action), radius))));
        String name = ref.shortName().replaceFirst("^(heads|tags)/", "");
        action.objects("facts").stream()
                .filter(fact -> fact.text("name").equals("because")) // the rule of a catalog
                .map(fact -> lower(fact.text("value")).replaceFirst("\\.$", ""))
                .forEach(sentence -> reasons.add(name + ": " + sentence));
        return reasons;
    }

    private static String lower(String sentence) {
        return sentence.isEmpty()
                ? sentence
                : sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
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
