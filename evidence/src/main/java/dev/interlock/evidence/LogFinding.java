package dev.interlock.evidence;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A problem found in a log: the file below its directory, and the leaf and id if it is about a readable receipt. The
 * checkpoints of {@code signed} prove it to anybody who has the log's key.
 */
public record LogFinding(
        String file, OptionalLong leaf, Optional<String> receipt, String problem, Cause cause, List<String> signed) {

    public enum Cause implements Keyword {
        /** A crash or a power cut can leave this. Nobody need have altered anything. */
        CRASH,
        /** No crash leaves this: somebody altered it, or the disk returns other bytes than were written. */
        ALTERATION
    }

    public LogFinding {
        signed = List.copyOf(signed);
    }

    LogFinding(String file, OptionalLong leaf, Optional<String> receipt, String problem) {
        this(file, leaf, receipt, problem, Cause.ALTERATION, List.of());
    }

    static LogFinding file(String file, String problem) {
        return new LogFinding(file, OptionalLong.empty(), Optional.empty(), problem);
    }

    LogFinding causedBy(Cause other) {
        return new LogFinding(file, leaf, receipt, problem, other, signed);
    }

    boolean isCrashPossible() {
        return cause == Cause.CRASH;
    }

    Json.Members json() {
        Json.Members json =
                Json.object().with("file", file).with("problem", problem).with("cause", cause.word());
        json = leaf.isPresent() ? json.with("leaf", leaf.getAsLong()) : json;
        json = receipt.isPresent() ? json.with("receipt", receipt.get()) : json;
        return signed.isEmpty() ? json : json.withTexts("signed", signed);
    }

    @Override
    public String toString() {
        String place = leaf.isPresent() ? " leaf " + leaf.getAsLong() : "";
        String cause = isCrashPossible() ? " (a crash can leave this)" : "";
        return file + place + receipt.map(id -> " " + id).orElse("") + ": " + problem + cause
                + signed.stream()
                        .map(note -> "\n" + note.indent(4).stripTrailing())
                        .collect(Collectors.joining());
    }
}
