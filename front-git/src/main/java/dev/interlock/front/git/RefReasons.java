package dev.interlock.front.git;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.PushedRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Says in a few words why a ref of a push is more than an ordinary change. */
final class RefReasons {

    /** The rule of a catalog that a fact shows. */
    private static final String BECAUSE = "because";

    private RefReasons() {}

    /**
     * Returns the reasons, the gravest first, as {@code would remove 14 commits by 3 people from main}. Empty for an
     * ordinary change.
     */
    static List<String> of(PushedRef ref, Action action) {
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
                .filter(fact -> fact.name().equals(BECAUSE))
                .map(Fact::value)
                .map(sentence -> name + ": " + lowered(sentence))
                .forEach(reasons::add);
        return reasons;
    }

    private static String lowered(String sentence) {
        return sentence.substring(0, 1).toLowerCase(Locale.ROOT)
                + sentence.substring(1).replaceFirst("\\.$", "");
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
}
