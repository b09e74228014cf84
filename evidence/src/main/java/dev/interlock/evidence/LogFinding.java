package dev.interlock.evidence;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A problem found in a log.
 *
 * @param file the file, below the log's directory
 * @param leaf the receipt's index in the log, if it is about one
 * @param receipt its id, if it can still be read
 * @param problem in words
 * @param cause what can have caused it
 */
public record LogFinding(String file, OptionalLong leaf, Optional<String> receipt, String problem, Cause cause) {

    /** The possible cause of a finding. */
    public enum Cause implements Keyword {
        /** A crash or a power cut can leave this. Nobody need have altered anything. */
        CRASH,
        /** No crash leaves this: somebody altered it, or the disk returns other bytes than were written. */
        ALTERATION
    }

    /** Creates a finding that no crash explains. */
    LogFinding(String file, OptionalLong leaf, Optional<String> receipt, String problem) {
        this(file, leaf, receipt, problem, Cause.ALTERATION);
    }

    static LogFinding file(String file, String problem) {
        return new LogFinding(file, OptionalLong.empty(), Optional.empty(), problem);
    }

    LogFinding causedBy(Cause other) {
        return new LogFinding(file, leaf, receipt, problem, other);
    }

    boolean isCrashPossible() {
        return cause == Cause.CRASH;
    }

    Json.Members json() {
        Json.Members json =
                Json.object().with("file", file).with("problem", problem).with("cause", cause.word());
        json = leaf.isPresent() ? json.with("leaf", leaf.getAsLong()) : json;
        return receipt.isPresent() ? json.with("receipt", receipt.get()) : json;
    }

    @Override
    public String toString() {
        String place = leaf.isPresent() ? " leaf " + leaf.getAsLong() : "";
        String cause = isCrashPossible() ? " (a crash can leave this)" : "";
        return file + place + receipt.map(id -> " " + id).orElse("") + ": " + problem + cause;
    }
}
