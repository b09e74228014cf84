package dev.interlock.gate;

import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.limits.BudgetUse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the holder of a lease may do now, what people would be asked about, and what is refused. It says nothing that
 * dry runs would not tell the holder.
 *
 * @param stopped the reason for each upstream that is stopped
 * @param questions the holder's own, which wait for people or were just signed
 */
public record Whoami(
        Seal seal,
        Lease lease,
        List<Ability> abilities,
        Map<String, String> stopped,
        List<BudgetUse> budgets,
        List<HoldTicket> questions) {

    private static final int MOST_NAMED = 2;

    private static final int MOST_LISTED = 20;

    public Whoami {
        abilities = List.copyOf(abilities);
        stopped = Map.copyOf(stopped);
        budgets = List.copyOf(budgets);
        questions = List.copyOf(questions);
    }

    /** The answer to a call, in the order in which they are told. */
    public enum Answer implements Keyword {
        PASSES("Passes"),
        ASKED("Is asked about"),
        LATER("Not now"),
        NEVER("Never");

        private final String title;

        Answer(String title) {
            this.title = title;
        }
    }

    /**
     * An answer with its explanation.
     *
     * @param how who is asked, or why not now; empty if there is nothing to say
     */
    public record Ruling(Answer answer, String how) {

        static Ruling asked(Obligations obligations) {
            List<String> parts = new ArrayList<>();
            String quorum = obligations.quorums().stream()
                    .map(Obligations.Quorum::toString)
                    .collect(Collectors.joining(" and "));
            parts.add(obligations.other() ? quorum + ", nobody behind this lease" : quorum);
            if (obligations.typeName()) {
                parts.add("who type the name");
            }
            if (!obligations.cooldown().isZero()) {
                parts.add("then a wait of " + Durations.write(obligations.cooldown()));
            }
            obligations.backup().ifPresent(age -> parts.add("with a backup restored within " + Durations.write(age)));
            obligations.rows().ifPresent(rows -> parts.add("at most " + rows + " rows"));
            return new Ruling(
                    Answer.ASKED, parts.stream().filter(part -> !part.isEmpty()).collect(Collectors.joining(", ")));
        }
    }

    /**
     * Operations that do the same to the world.
     *
     * @param lasting whether what is written cannot be put back
     */
    public record Kind(Impact worst, boolean lasting) implements Comparable<Kind> {
        @Override
        public int compareTo(Kind that) {
            return Comparator.comparing(Kind::worst)
                    .thenComparing(Kind::lasting)
                    .compare(this, that);
        }

        @Override
        public String toString() {
            return worst == Impact.UNKNOWN
                    ? "what no catalog knows"
                    : lasting ? "write that cannot be undone" : worst.word();
        }
    }

    /**
     * An upstream.
     *
     * @param environments those that a resource of the upstream is in
     */
    public record Where(String upstream, Set<String> environments) {}

    /**
     * The operations of one kind, at one place, that get one answer.
     *
     * @param isRule whether no other answer is given as often there
     */
    public record Ability(Ruling ruling, Where where, Kind kind, Set<Operation> operations, boolean isRule) {

        private String words() {
            if (isRule) {
                return kind.toString();
            }
            int more = operations.size() - MOST_NAMED;
            return kind + " by "
                    + operations.stream()
                            .limit(MOST_NAMED)
                            .map(Operation::toString)
                            .collect(Collectors.joining(", "))
                    + (more > 0 ? " and " + more + " more" : "");
        }

        private Json.Members json() {
            return Json.object()
                    .with("answer", ruling.answer().word())
                    .with("how", ruling.how())
                    .with("upstream", where.upstream())
                    .withTexts("environments", where.environments())
                    .with("impact", kind.worst().word())
                    .with("lasting", kind.lasting())
                    .with("rule", isRule)
                    .with("count", operations.size())
                    .withTexts(
                            "operations",
                            operations.stream().map(Operation::toString).limit(MOST_LISTED));
        }
    }

    /** Returns it as a person or an agent reads it: a page of short lines. */
    public String text() {
        List<String> lines = new ArrayList<>();
        lines.add("%s for %s, task `%s`: lease %s until %s"
                .formatted(lease.agent(), lease.person(), lease.task(), lease.id(), lease.expires()));
        lines.add("Covers " + String.join(", ", words(lease.impacts())) + " in "
                + String.join(", ", lease.environments())
                + (readable().isEmpty() ? "" : "; to read also in " + String.join(", ", readable()))
                + (lease.resources().isEmpty() ? "" : "; only " + String.join(", ", resources())));
        lines.add("Upstreams: " + String.join(", ", seal.upstreams().keySet()));
        stopped.forEach((upstream, why) -> lines.add("Stopped: " + upstream + ". " + why));
        for (Answer answer : Answer.values()) {
            List<String> told = lines(answer);
            if (!told.isEmpty()) {
                lines.add(answer.title + ":");
                told.forEach(line -> lines.add("  " + line));
            }
        }
        budgets.forEach(use -> lines.add("Left of the budget " + use.budget().name() + ": " + use.left() + " of "
                + use.budget().atMost() + " within "
                + Durations.write(use.budget().within())));
        questions.forEach(hold -> lines.add("Asked: " + hold.id() + ", " + hold.summary() + ", "
                + (hold.missing().isEmpty()
                        ? "signed: send it again"
                        : "waits for " + String.join(", ", hold.missing()))));
        lines.add("Each call is judged by its arguments: `Prefer: handling=dry-run` asks about one.");
        return String.join("\n", lines) + "\n";
    }

    /** Returns the lines of {@code answer}: what is answered alike at the same places is one. */
    private List<String> lines(Answer answer) {
        Map<List<String>, Set<Where>> places = new LinkedHashMap<>(); // by who is asked, and by what is done
        Map<List<String>, Kind> kinds = new LinkedHashMap<>();
        for (Ability ability : abilities) {
            if (ability.ruling().answer() == answer) {
                List<String> one = List.of(ability.ruling().how(), ability.words());
                places.computeIfAbsent(one, _ -> new LinkedHashSet<>()).add(ability.where());
                kinds.put(one, ability.kind());
            }
        }
        Map<String, Map<String, List<String>>> lines = new LinkedHashMap<>();
        places.forEach((one, where) -> lines.computeIfAbsent(words(where, kinds.get(one)), _ -> new LinkedHashMap<>())
                .computeIfAbsent(one.getFirst(), _ -> new ArrayList<>())
                .add(one.getLast()));
        return lines.entrySet().stream()
                .flatMap(line -> line.getValue().entrySet().stream()
                        .map(told -> line.getKey() + ": " + String.join(", ", told.getValue())
                                + (told.getKey().isEmpty() ? "" : " (" + told.getKey() + ")")))
                .toList();
    }

    /** Names the upstreams only where others answer differently. */
    private String words(Set<Where> places, @Nullable Kind kind) {
        Map<Set<String>, Set<String>> upstreams = new LinkedHashMap<>();
        places.forEach(place -> upstreams
                .computeIfAbsent(place.environments(), _ -> new TreeSet<>())
                .add(place.upstream()));
        Map<String, List<String>> said = new LinkedHashMap<>();
        upstreams.forEach((environments, some) -> {
            boolean areAll = abilities.stream()
                    .filter(ability -> ability.kind().equals(kind)
                            && ability.where().environments().equals(environments))
                    .allMatch(ability -> some.contains(ability.where().upstream()));
            said.computeIfAbsent(areAll ? "" : String.join(", ", some) + " in ", _ -> new ArrayList<>())
                    .add(String.join(" with ", environments));
        });
        return said.entrySet().stream()
                .map(one -> one.getKey() + String.join(", ", one.getValue()))
                .collect(Collectors.joining("; "));
    }

    private Set<String> readable() {
        Set<String> names = seal.environments().values().stream()
                .filter(Seal.Environment::isReadable)
                .map(Seal.Environment::name)
                .collect(Collectors.toCollection(TreeSet::new));
        names.removeAll(lease.environments());
        return names;
    }

    private List<String> resources() {
        return lease.resources().stream().map(Resource::toString).toList();
    }

    private static List<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).toList();
    }

    /** Returns it as programs read it. */
    public Json.Members json() {
        Json.Members told = Json.object();
        for (Map.Entry<String, String> one : stopped.entrySet()) {
            told = told.with(one.getKey(), one.getValue());
        }
        return Json.object()
                .with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .with("lease", lease.id())
                .with("expires", lease.expires().toString())
                .withTexts("impacts", words(lease.impacts()))
                .withTexts("environments", lease.environments())
                .withTexts("readable", readable())
                .withTexts("resources", resources())
                .withTexts("upstreams", seal.upstreams().keySet())
                .with("stopped", told)
                .withItems("abilities", abilities.stream().map(Ability::json))
                .withItems("budgets", budgets.stream().map(Whoami::json))
                .withItems("questions", questions.stream().map(Whoami::json))
                .with("text", text());
    }

    private static Json.Members json(BudgetUse use) {
        return Json.object()
                .with("budget", use.budget().name())
                .with("left", use.left())
                .with("at_most", use.budget().atMost())
                .with("within_seconds", use.budget().within().toSeconds());
    }

    private static Json.Members json(HoldTicket hold) {
        return Json.object()
                .with("hold", hold.id())
                .with("summary", hold.summary())
                .withTexts("missing", hold.missing())
                .with("expires", hold.expires().toString())
                .with("next", hold.next());
    }
}
