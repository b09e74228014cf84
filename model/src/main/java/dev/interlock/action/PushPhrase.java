package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What a push by Git does to one ref, in the quantities that the gateway has counted. */
final class PushPhrase {

    private static final int MAX_FILES = 3;

    private final Json.Members action;
    private final String ref;

    private PushPhrase(Json.Members action, String ref) {
        this.action = action;
        this.ref = ref;
    }

    /** Returns it, for example {@code adds 3 commits to main of acme/shop}; empty if {@code action} is no push. */
    static Optional<String> of(Json.Members action, List<String> environments) {
        boolean isPush =
                Headline.known(action).anyMatch(fact -> fact.text("name").startsWith(Fact.PUSHED));
        return argument(action, "body.ref")
                .or(() -> argument(action, "ref"))
                .filter(_ -> isPush)
                .map(ref -> new PushPhrase(action, ref.replaceFirst("^refs/", "")).words(environments));
    }

    private static Optional<String> argument(Json.Members action, String path) {
        return action.objects("facts").stream()
                .filter(fact -> fact.text("name").equals(Fact.ARGUMENT + path))
                .map(fact -> fact.text("value"))
                .findFirst();
    }

    private String words(List<String> environments) {
        String place = action.objects("resources").stream()
                .map(resource -> resource.text("id"))
                .map(id -> " of " + VisibleText.plain(id.substring(id.indexOf('/') + 1)))
                .findFirst()
                .orElse("");
        if (!environments.isEmpty()) {
            place += " in " + String.join(" and ", environments);
        }
        String operation = action.text("operation");
        if (operation.endsWith("/delete-ref")) {
            String lost = lost();
            return "deletes " + kind() + " " + name() + place + (lost.isEmpty() ? "" : ", and removes " + lost);
        }
        return (operation.endsWith("/create-ref") ? creates(place) : moves(place)) + deploys() + files();
    }

    private String creates(String place) {
        return "creates " + kind() + " " + name() + place
                + count("commits").stream()
                        .filter(commits -> commits > 0)
                        .mapToObj(commits -> " with " + Headline.count(commits, "new commit"))
                        .findFirst()
                        .orElse("");
    }

    private String moves(String place) {
        OptionalLong commits = count("commits");
        boolean isForced =
                argument(action, "body.force").filter("false"::equals).isEmpty();
        if (!isForced) {
            return "adds " + (commits.isPresent() ? Headline.count(commits.getAsLong(), "commit") : "commits") + " to "
                    + name() + place;
        }
        String added = commits.isPresent() && commits.getAsLong() > 0
                ? ", and adds " + Headline.count(commits.getAsLong(), "other")
                : "";
        String lost = lost();
        return (lost.isEmpty()
                        ? "moves " + name() + place + " to another line of commits"
                        : "removes " + lost + " from " + name() + place)
                + added;
    }

    /** Returns the commits that no ref would hold any more; empty if there are none. */
    private String lost() {
        OptionalLong lost = count("lost");
        if (lost.isEmpty()) {
            return "an unknown number of commits";
        }
        long people = count("people").orElse(0);
        return lost.getAsLong() == 0
                ? ""
                : Headline.count(lost.getAsLong(), "commit") + " by " + (people == 1 ? "1 person" : people + " people");
    }

    /** What it deploys, and whether it does, nobody says. */
    private String deploys() {
        boolean deploys = !action.text("operation").endsWith("/delete-ref")
                && Headline.found(action, Fact.PUSHED + "deploys")
                        .filter("true"::equals)
                        .isPresent();
        return deploys ? ", which is usually built and deployed" : "";
    }

    private String files() {
        long files = count("files").orElse(0);
        long running = count("runs").orElse(0);
        if (running == 0) {
            return "";
        }
        List<String> names =
                ActionPhrase.list(Headline.found(action, Fact.PUSHED + "runs").orElse(""));
        String named = names.stream().limit(MAX_FILES).map(VisibleText::plain).collect(Collectors.joining(", "))
                + (running > MAX_FILES ? ", ..." : "");
        return "; " + running + " of " + Headline.count(files, "file") + (running == 1 ? " runs" : " run") + " in CI"
                + (names.isEmpty() ? "" : " (" + named + ")");
    }

    /** Returns the number; empty if nobody knows it. One that is left out is 0. */
    private OptionalLong count(String name) {
        String count = Headline.found(action, Fact.COUNT + name).orElse("0");
        return count.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(count)) : OptionalLong.empty();
    }

    private String kind() {
        return ref.startsWith("for/")
                ? "a review for"
                : ref.startsWith("tags/") ? "tag" : ref.startsWith("heads/") ? "branch" : "ref";
    }

    private String name() {
        return VisibleText.plain(ref.replaceFirst("^(heads|tags|for)/", ""));
    }
}
