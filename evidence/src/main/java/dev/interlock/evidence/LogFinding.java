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
 */
public record LogFinding(String file, OptionalLong leaf, Optional<String> receipt, String problem) {

    static LogFinding file(String file, String problem) {
        return new LogFinding(file, OptionalLong.empty(), Optional.empty(), problem);
    }

    Json.Members json() {
        Json.Members json = Json.object().with("file", file).with("problem", problem);
        json = leaf.isPresent() ? json.with("leaf", leaf.getAsLong()) : json;
        return receipt.isPresent() ? json.with("receipt", receipt.get()) : json;
    }

    @Override
    public String toString() {
        String place = leaf.isPresent() ? " leaf " + leaf.getAsLong() : "";
        return file + place + receipt.map(id -> " " + id).orElse("") + ": " + problem;
    }
}
