package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.stream.Stream;

/**
 * The changes of an agent to a repository's configuration.
 *
 * @param taken the keys whose new values are in the repository now
 * @param heldBack the keys whose are not: they could run programs, lead elsewhere, or are not known
 * @param whole whether its copy could be read; otherwise nothing of it is in the repository
 */
public record GitConfigChanges(List<String> taken, List<String> heldBack, boolean whole) {

    static final GitConfigChanges NONE = new GitConfigChanges(List.of(), List.of(), true);
    static final GitConfigChanges UNREADABLE = new GitConfigChanges(List.of(), List.of(), false);

    private static final int MOST_RECORDED = 50;
    private static final int LONGEST_RECORDED = 300;

    public GitConfigChanges {
        taken = List.copyOf(taken);
        heldBack = List.copyOf(heldBack);
    }

    /** Returns the same, of the repository in {@code directory} of the workspace. */
    GitConfigChanges in(String directory) {
        return directory.isEmpty()
                ? this
                : new GitConfigChanges(
                        taken.stream().map(key -> key + " in " + directory).toList(),
                        heldBack.stream().map(key -> key + " in " + directory).toList(),
                        whole);
    }

    GitConfigChanges and(GitConfigChanges more) {
        return new GitConfigChanges(
                Stream.concat(taken.stream(), more.taken.stream()).toList(),
                Stream.concat(heldBack.stream(), more.heldBack.stream()).toList(),
                whole && more.whole);
    }

    boolean hasAny() {
        return !taken.isEmpty() || !heldBack.isEmpty() || !whole;
    }

    /** Returns those that a record stores. */
    GitConfigChanges recorded() {
        return new GitConfigChanges(some(taken), some(heldBack), whole);
    }

    private static List<String> some(List<String> keys) {
        return keys.stream()
                .filter(key -> key.length() <= LONGEST_RECORDED)
                .limit(MOST_RECORDED)
                .toList();
    }

    Json.Members json() {
        return Json.object()
                .withTexts("taken", taken)
                .withTexts("held_back", heldBack)
                .with("whole", whole);
    }

    static GitConfigChanges read(Json.Members told) {
        return new GitConfigChanges(told.texts("taken"), told.texts("held_back"), told.flag("whole"));
    }
}
