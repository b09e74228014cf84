package dev.interlock.front.git;

import dev.interlock.catalog.PushedRef;
import java.util.Optional;

/** Says in a few words what a ref of a push would lose. */
final class LossWords {

    private LossWords() {}

    /** Returns the words, as {@code would remove 14 commits by 3 people from main}; empty if it loses nothing. */
    static Optional<String> of(PushedRef ref) {
        String name = ref.shortName().replaceFirst("^(heads|tags)/", "");
        return switch (ref.change()) {
            case CREATE -> Optional.empty();
            case DELETE -> Optional.of("would delete " + name + lost(ref, ", and remove ", ""));
            case UPDATE ->
                ref.isForced()
                        ? Optional.of("would " + (lost(ref, "remove ", " from ").isEmpty()
                                ? "move " + name + " to where its commits do not lead"
                                : lost(ref, "remove ", " from ") + name))
                        : Optional.empty();
        };
    }

    private static String lost(PushedRef ref, String before, String after) {
        if (ref.lost().isEmpty()) {
            return before + "an unknown number of commits" + after;
        }
        int commits = ref.lost().getAsInt();
        int people = ref.history().authors().size();
        return commits == 0
                ? ""
                : before + count(commits, "commit", "commits") + " by " + count(people, "person", "people") + after;
    }

    private static String count(int number, String one, String several) {
        return number + " " + (number == 1 ? one : several);
    }
}
