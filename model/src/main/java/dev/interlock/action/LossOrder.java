package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The order in which people read of several actions and resources: the worst first, and what is lost before the rest.
 * It depends on these alone. So no order in which an agent names them hides one behind others, and what is only counted
 * is no worse than what is shown.
 */
public final class LossOrder {

    /**
     * What an action does at worst, the worst first, and what several of them are called where they are only counted.
     */
    enum Severity {
        DESTROYS("deletion", "deletions"),
        LOSES("removal", "removals"),
        UNKNOWN("unknown action", "unknown actions"),
        PRIVILEGE("change of access", "changes of access"),
        EXECUTE("run of code", "runs of code"),
        IRREVERSIBLE("irreversible action", "irreversible actions"),
        CREDENTIAL("look at secrets", "looks at secrets"),
        CHANGES("action", "actions"),
        READS("read", "reads");

        private final String one;
        private final String several;

        Severity(String one, String several) {
            this.one = one;
            this.several = several;
        }

        static Severity of(Json.Members action) {
            List<String> impacts = action.texts("impacts");
            if (impacts.contains("destroy")) {
                return DESTROYS;
            }
            if (quantity(action, "lost") > 0) {
                return LOSES; // the gateway keeps it for a while
            }
            Optional<Severity> grave = Stream.of(UNKNOWN, PRIVILEGE, EXECUTE)
                    .filter(each -> impacts.contains(each.name().toLowerCase(Locale.ROOT)))
                    .findFirst();
            if (grave.isPresent()) {
                return grave.get();
            }
            if (impacts.equals(List.of("read"))) {
                return READS;
            }
            if (action.optionalText("reversibility").equals(Optional.of(Reversibility.IRREVERSIBLE.word()))) {
                return IRREVERSIBLE;
            }
            return impacts.contains("credential") ? CREDENTIAL : CHANGES;
        }

        private String counted(long count, String more) {
            return count + " " + more + (count == 1 ? one : several);
        }
    }

    private final Set<String> lost;

    /** What has copies, which would be lost or left: it holds data. */
    private final Set<String> copied;

    private final Set<String> shared;

    private LossOrder(Json.Members radius) {
        this.lost = new HashSet<>(radius.texts("lost"));
        this.copied = Stream.of("lost_backups", "survivors")
                .filter(member -> radius.get(member).isPresent())
                .flatMap(member -> radius.objects(member).stream())
                .map(backup -> backup.text("of"))
                .collect(Collectors.toSet());
        this.shared = radius.optionalObject("also_in")
                .map(wider -> wider.members().keySet())
                .orElse(Set.of());
    }

    /** Returns the order for an attempt with {@code radius}, as in a meaning; without members if it is unknown. */
    public static LossOrder of(Json.Members radius) {
        return new LossOrder(radius);
    }

    public List<Json.Members> actions(Collection<Json.Members> actions) {
        return actions.size() < 2
                ? List.copyOf(actions)
                : actions.stream()
                        .sorted(Comparator.comparing(Severity::of)
                                .thenComparingInt(this::nearestLoss)
                                .thenComparingLong(action -> -quantity(action, "lost"))
                                .thenComparingLong(action -> -quantity(action, ""))
                                .thenComparing(Json::canonicalText))
                        .toList();
    }

    public List<String> resources(Collection<String> ids) {
        return ids.stream()
                .distinct()
                .sorted(Comparator.comparingInt(this::distance).thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /** Returns how many of {@code actions} there are by kind, as {@code 4 more deletions and 1 more action}. */
    static String counted(Collection<Severity> severities, String more) {
        TreeMap<Severity, Long> counts =
                severities.stream().collect(Collectors.groupingBy(each -> each, TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(each -> each.getKey().counted(each.getValue(), more))
                .collect(Collectors.joining(" and "));
    }

    /**
     * Returns what {@code meanings} do that is worse than a change, counted by kind, each by its worst action; empty if
     * none does. For people who read of them in another order.
     */
    public static String grave(Collection<Json.Members> meanings) {
        return counted(
                meanings.stream()
                        .map(meaning -> meaning.objects("actions").stream()
                                .map(Severity::of)
                                .min(Comparator.naturalOrder())
                                .orElse(Severity.READS))
                        .filter(worst -> worst.compareTo(Severity.CHANGES) < 0)
                        .toList(),
                "");
    }

    private int nearestLoss(Json.Members action) {
        return action.objects("resources").stream()
                .mapToInt(resource -> distance(resource.text("id")))
                .min()
                .orElse(Integer.MAX_VALUE);
    }

    /**
     * Returns 0 for what is lost with others' data or copies of its own, 1 for what else is lost, and 2 for the rest.
     */
    private int distance(String id) {
        return !lost.contains(id) ? 2 : copied.contains(id) || shared.contains(id) ? 0 : 1;
    }

    /** Returns the sum of the counts that begin with {@code name}; one that nobody knows is more than any. */
    private static long quantity(Json.Members action, String name) {
        return Headline.known(action)
                .filter(fact -> fact.text("name").startsWith(Fact.COUNT + name))
                .map(fact -> fact.text("value"))
                .mapToLong(value -> value.matches("[0-9]{1,15}") ? Long.parseLong(value) : 1L << 52)
                .sum();
    }
}
