package dev.interlock.policy;

import java.util.List;
import java.util.Set;

/**
 * A mistake in a seal.
 *
 * @param path the place, as keys joined by {@code >}
 */
public record SealIssue(String path, String message) {

    public static List<SealIssue> unknown(String path, Set<String> used, Set<String> known) {
        return used.stream()
                .filter(name -> !known.contains(name))
                .map(name -> new SealIssue(
                        path,
                        "`" + FormattedText.of(name) + "` is not defined; known are `" + String.join("`, `", known)
                                + "`"))
                .toList();
    }

    @Override
    public String toString() {
        return path + ": " + message;
    }
}
