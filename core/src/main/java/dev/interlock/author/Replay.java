package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import dev.interlock.action.Verdict;
import dev.interlock.author.Recollection.Recalled;
import dev.interlock.evidence.Json;
import dev.interlock.policy.Dissection;
import dev.interlock.policy.Policies;
import dev.interlock.policy.Shown;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Decides about attempts of the past under another policy: where their resources were then, and what their leases
 * covered then, but with the new agents, environments and policies.
 */
public final class Replay {

    /** Each keeps its policies parsed in the engine, which does not give them back soon. */
    private static final int MAX_PAST_SEALS = 4;

    /**
     * What the new policy decides otherwise; alike attempts are one difference.
     *
     * @param receipt the first of them that was met
     * @param what agent, operations, impacts, resources and environments
     * @param loosened whether more may go than before, or with less
     */
    public record Difference(String receipt, long count, String what, String before, String after, boolean loosened) {
        /** For programs. */
        public Json.Members json() {
            return Json.object()
                    .with("receipt", receipt)
                    .with("count", count)
                    .with("what", what)
                    .with("before", before)
                    .with("after", after)
                    .with("loosened", loosened);
        }

        private Difference more() {
            return new Difference(receipt, count + 1, what, before, after, loosened);
        }
    }

    /**
     * What came of it.
     *
     * @param replayed how many attempts were decided about anew
     * @param differences the loosened first
     * @param unreplayable how many attempts could not be, by the reason
     */
    public record Report(long replayed, List<Difference> differences, Map<String, Long> unreplayable) {
        public Report {
            differences = List.copyOf(differences);
        }

        /** Whether the new policy lets anything go, or go with less, that the old one did not. */
        public boolean loosens() {
            return differences.stream().anyMatch(Difference::loosened);
        }
    }

    private record Decision(Scenario.Expected kind, Obligations obligations) {

        static Decision of(Verdict verdict) {
            return new Decision(
                    Verdicts.kind(verdict),
                    verdict instanceof Verdict.Hold hold ? hold.obligations() : Obligations.NONE);
        }

        /** Whether all that {@code before} asked for is still asked for. */
        boolean isAsStrictAs(Decision before) {
            if (kind != before.kind) {
                return kind.compareTo(before.kind) > 0; // permit, hold, refuse
            }
            boolean quorums = before.obligations.quorums().stream()
                    .allMatch(old -> obligations.quorums().stream()
                            .anyMatch(now -> now.group().equals(old.group()) && now.count() >= old.count()));
            Obligations others = unsigned(obligations);
            return quorums && others.and(unsigned(before.obligations)).equals(others);
        }

        private static Obligations unsigned(Obligations obligations) {
            return new Obligations(
                    Set.of(),
                    obligations.cooldown(),
                    obligations.backup(),
                    obligations.rows(),
                    obligations.typeName(),
                    obligations.other());
        }

        String words() {
            return (kind.word() + " " + Verdicts.words(obligations)).strip();
        }
    }

    private final Policies policies = new Policies(_ -> "");
    private final Map<String, Optional<Seal>> pastSeals = new HashMap<>();
    private final Map<String, Policies> pastPolicies = new HashMap<>();
    private final Function<String, Optional<Seal>> kept;
    private final Seal draft;
    private final boolean readsGroups;
    private final Map<String, Difference> differences = new LinkedHashMap<>();
    private final Map<String, Long> lost = new TreeMap<>();
    private long replayed;

    private Replay(Seal draft, Function<String, Optional<Seal>> kept) {
        this.draft = draft;
        this.kept = kept;
        this.readsGroups = Dissection.of(draft).readsGroups();
    }

    /**
     * Replays the attempts among {@code receipts} under {@code draft}.
     *
     * @param acts receipts that tell how leases were issued
     * @param kept the seals of the past, by id
     */
    public static Report of(
            Seal draft,
            Iterable<Json.Members> receipts,
            Iterable<Json.Members> acts,
            Function<String, Optional<Seal>> kept) {
        Replay replay = new Replay(draft, kept);
        Recollection recollection = new Recollection(acts);
        receipts.forEach(receipt -> replay.replay(recollection.recall(receipt)));
        List<Difference> sorted = replay.differences.values().stream()
                .sorted(Comparator.comparing(difference -> !difference.loosened()))
                .toList();
        return new Report(replay.replayed, sorted, replay.lost);
    }

    private void replay(Recalled recalled) {
        switch (recalled) {
            case Recalled.Other _ -> {}
            case Recalled.Lost gone -> lose(gone.why());
            case Recalled.Attempted attempt -> {
                if (!attempt.members().texts("limits").isEmpty()) {
                    lose("A budget or a sequence took part, and what had gone before decides.");
                } else if (readsGroups || attempt.narrowed()) {
                    lose("What its resources lay in decides, and is not on record.");
                } else if (wasDecided(attempt.members())) {
                    before(attempt)
                            .ifPresentOrElse(
                                    before -> compare(attempt, before),
                                    () -> lose(
                                            "Whether policy or a person refused it shows only under its seal, which is not"
                                                    + " kept here."));
                }
            }
        }
    }

    private void lose(String why) {
        lost.merge(why, 1L, Long::sum);
    }

    /**
     * What was refused because Interlock could not do its part says nothing of the policy; a question was never meant.
     */
    private static boolean wasDecided(Json.Members receipt) {
        if (receipt.optionalText("verdict").isPresent()) {
            return false;
        }
        return !receipt.text("kind").equals("refused")
                || receipt.text("refusal").equals("denied")
                || !receipt.texts("policies").isEmpty();
    }

    private Optional<Decision> before(Recalled.Attempted attempt) {
        Json.Members receipt = attempt.members();
        if (receipt.get("observed").isPresent()) { // policy refused it, whatever the seal made of that
            return Optional.of(new Decision(Scenario.Expected.REFUSE, Obligations.NONE));
        }
        return switch (receipt.text("kind")) {
            case "intent" ->
                Optional.of(
                        receipt.get("confirmation").isEmpty()
                                ? new Decision(Scenario.Expected.PERMIT, Obligations.NONE)
                                : held(receipt.object("confirmation").object("statement")));
            case "held" -> Optional.of(held(receipt));
            default ->
                receipt.texts("policies").isEmpty()
                        ? Optional.of(new Decision(Scenario.Expected.REFUSE, Obligations.NONE))
                        : again(attempt);
        };
    }

    /** People refuse too, and such a receipt names the policies that would have let them confirm. */
    private Optional<Decision> again(Recalled.Attempted attempt) {
        Optional<Seal> seal = pastSeals.computeIfAbsent(
                attempt.seal(), id -> pastSeals.size() < MAX_PAST_SEALS ? kept.apply(id) : Optional.empty());
        return seal.filter(past -> !Dissection.of(past).readsGroups())
                .map(past -> Decision.of(pastPolicies
                        .computeIfAbsent(past.id(), _ -> new Policies(_ -> ""))
                        .decide(past, attempt.sensed())));
    }

    private static Decision held(Json.Members holder) {
        return new Decision(Scenario.Expected.HOLD, obligations(holder));
    }

    /** What a statement or a receipt says that people were asked for. */
    static Obligations obligations(Json.Members holder) {
        Json.Members said = holder.object("obligations");
        Set<Obligations.Quorum> quorums = new TreeSet<>();
        said.texts("confirm").forEach(text -> quorums.add(Obligations.Quorum.parse(text)));
        return new Obligations(
                quorums,
                Duration.ofSeconds(said.whole("cooldown_seconds")),
                said.get("backup_seconds").map(_ -> Duration.ofSeconds(said.whole("backup_seconds"))),
                said.get("rows").isPresent() ? OptionalLong.of(said.whole("rows")) : OptionalLong.empty(),
                said.flag("type_name"),
                said.flag("other"));
    }

    private void compare(Recalled.Attempted attempt, Decision before) {
        Decision after = Decision.of(policies.decide(draft, attempt.sensed()));
        replayed++;
        if (!after.equals(before)) {
            String what = words(attempt.sensed());
            differences.merge(
                    what + " " + before.words() + " " + after.words(),
                    new Difference(
                            attempt.receipt(), 1, what, before.words(), after.words(), !after.isAsStrictAs(before)),
                    (known, _) -> known.more());
        }
    }

    private static String words(Sensed sensed) {
        Set<String> resources = sensed.placements().keySet().stream()
                .map(Resource::toString)
                .map(Shown::of)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> operations = sensed.actions().stream()
                .map(Action::operation)
                .map(operation -> Shown.of(operation.toString()))
                .collect(Collectors.toCollection(TreeSet::new));
        return sensed.lease().agent() + ": " + String.join(" ", operations) + " ("
                + sensed.impacts().stream().map(Impact::word).collect(Collectors.joining(", ")) + ") on "
                + String.join(" ", resources) + " in " + String.join(", ", sensed.environments());
    }
}
