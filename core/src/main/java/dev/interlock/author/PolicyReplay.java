package dev.interlock.author;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.author.AttemptReconstruction.ReconstructionResult;
import dev.interlock.evidence.Json;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Decides about past attempts under another policy. Resources are placed and leases cover as they did then, but agents,
 * environments and policies are the new ones.
 */
public final class PolicyReplay {

    /** Maximum past seals that decide. Each keeps its policies parsed in the engine, which does not free them soon. */
    private static final int MAX_PAST_SEALS = 4;

    /**
     * A change between the old and the new decision; equal changes are counted together.
     *
     * @param receipt the first receipt with this change
     * @param what the agent, operations, impacts, resources and environments
     * @param loosened whether the new policy permits more than before, or with fewer obligations
     * @param readAnew whether the catalogs read such calls as they did then
     */
    public record DecisionDifference(
            String receipt, long count, String what, String before, String after, boolean loosened, boolean readAnew) {
        private DecisionDifference more() {
            return new DecisionDifference(receipt, count + 1, what, before, after, loosened, readAnew);
        }
    }

    /**
     * Attempts that the catalogs may read differently now. Receipts do not hold the requests, so nobody can read them
     * anew. As they were read then, the decision stays the same.
     *
     * @param operations the operations concerned
     * @param receipt the first receipt
     * @param why a whole sentence
     */
    public record UnreadAttempts(String operations, long count, String receipt, String why) {
        private UnreadAttempts more() {
            return new UnreadAttempts(operations, count + 1, receipt, why);
        }
    }

    /**
     * The result of a replay.
     *
     * @param replayed the number of attempts decided anew
     * @param differences the loosened first
     * @param unread those of the replayed attempts that cannot be read anew, and whose decision is the same otherwise
     * @param unreplayable the number of attempts that could not be replayed, by reason
     * @param undecided the number of attempts that could be loosened for all that is known: left out, or uncertain
     */
    public record ReplayReport(
            long replayed,
            List<DecisionDifference> differences,
            List<UnreadAttempts> unread,
            Map<String, Long> unreplayable,
            long undecided) {
        public ReplayReport {
            differences = List.copyOf(differences);
            unread = List.copyOf(unread);
        }

        /** Returns the number of attempts that are certainly loosened. */
        public long loosened() {
            return differences.stream()
                    .filter(DecisionDifference::loosened)
                    .mapToLong(DecisionDifference::count)
                    .sum();
        }

        /** Returns the number of attempts of which no more can be loosened, whatever is not known. */
        public long loosenedAtMost() {
            return loosened() + undecided;
        }

        /** Returns whether every replayed attempt would be read as it was then. */
        public boolean isReadAnew() {
            return unread.isEmpty() && differences.stream().allMatch(DecisionDifference::readAnew);
        }

        /**
         * Returns whether the new policy permits anything that the old one did not, or permits it with fewer
         * obligations.
         */
        public boolean isLooser() {
            return differences.stream().anyMatch(DecisionDifference::loosened);
        }
    }

    private record Decision(Scenario.ExpectedVerdict kind, Obligations obligations) {

        static Decision of(Verdict verdict) {
            return new Decision(
                    Verdicts.kind(verdict),
                    verdict instanceof Verdict.Hold hold ? hold.obligations() : Obligations.NONE);
        }

        /** Returns whether everything that {@code before} required is still required. */
        boolean isAsStrictAs(Decision before) {
            if (kind != before.kind) {
                return kind.compareTo(before.kind) > 0; // permit, hold, refuse
            }
            boolean quorums = before.obligations.quorums().stream()
                    .allMatch(old -> obligations.quorums().stream()
                            .anyMatch(now -> now.group().equals(old.group()) && now.count() >= old.count()));
            Obligations others = obligations.withoutQuorums();
            return quorums && others.and(before.obligations.withoutQuorums()).equals(others);
        }

        String words() {
            return (kind.word() + " " + Annotations.write(obligations)).strip();
        }
    }

    private final Policies policies = new Policies(_ -> "");
    private final Map<String, Optional<Seal>> pastSeals = new HashMap<>();
    private final Map<String, Policies> pastPolicies = new HashMap<>();
    private final Function<String, Optional<Seal>> kept;
    private final Seal draft;
    private final PolicyAnalysis analysis;
    private final boolean readsGroups;
    private final Map<String, DecisionDifference> differences = new LinkedHashMap<>();
    private final Map<String, UnreadAttempts> unread = new LinkedHashMap<>();
    private final Map<String, Long> lost = new TreeMap<>();
    private long replayed;
    private long undecided;

    private PolicyReplay(Seal draft, Function<String, Optional<Seal>> kept) {
        this.draft = draft;
        this.kept = kept;
        this.analysis = PolicyAnalysis.of(draft);
        this.readsGroups = analysis.readsGroups();
    }

    /**
     * Replays the attempts among {@code receipts} under {@code draft}.
     *
     * @param acts the receipts of issued leases
     * @param kept returns past seals, by id
     */
    public static ReplayReport of(
            Seal draft,
            Iterable<Json.Members> receipts,
            Iterable<Json.Members> acts,
            Function<String, Optional<Seal>> kept) {
        PolicyReplay replay = new PolicyReplay(draft, kept);
        AttemptReconstruction recollection = new AttemptReconstruction(acts);
        receipts.forEach(receipt -> replay.replay(recollection.reconstruct(receipt)));
        List<DecisionDifference> sorted = replay.differences.values().stream()
                .sorted(Comparator.comparing(difference -> !difference.loosened()))
                .toList();
        return new ReplayReport(
                replay.replayed, sorted, List.copyOf(replay.unread.values()), replay.lost, replay.undecided);
    }

    private void replay(ReconstructionResult recalled) {
        switch (recalled) {
            case ReconstructionResult.OtherReceipt _ -> {}
            case ReconstructionResult.LostAttempt gone -> lose(gone.why(), true);
            case ReconstructionResult.ReconstructedAttempt attempt -> {
                Optional<String> why = undecidable(attempt);
                if (why.isPresent()) {
                    lose(why.get(), couldBeLoosened(attempt.members()));
                } else if (wasDecided(attempt.members())) {
                    before(attempt)
                            .ifPresentOrElse(
                                    before -> compare(attempt, before),
                                    () -> lose(
                                            "Policy or a person refused it; only the seal of that time tells which, and that is not stored here.",
                                            true));
                }
            }
        }
    }

    private Optional<String> undecidable(ReconstructionResult.ReconstructedAttempt attempt) {
        if (!attempt.members().texts("limits").isEmpty()) {
            return Optional.of("A budget or a sequence counted earlier calls; a replay decides each call alone.");
        }
        if (readsGroups || attempt.narrowed()) {
            return Optional.of("The decision depends on groups of resources, which receipts do not keep.");
        }
        return attempt.isSaltedFor(analysis)
                ? Optional.of(ReconstructionResult.ReconstructedAttempt.SALTED)
                : Optional.empty();
    }

    /** A call that went without anybody's signature cannot be permitted more. */
    private static boolean couldBeLoosened(Json.Members receipt) {
        return !receipt.text("kind").equals("intent")
                || receipt.get("confirmation").isPresent()
                || receipt.get("observed").isPresent();
    }

    private void lose(String why, boolean couldBeLoosened) {
        lost.merge(why, 1L, Long::sum);
        undecided += couldBeLoosened ? 1 : 0;
    }

    /**
     * Returns whether policy decided the attempt. A refusal because Interlock failed says nothing about the policy, and
     * a mere question about a verdict was never an attempt.
     */
    private static boolean wasDecided(Json.Members receipt) {
        if (receipt.optionalText("verdict").isPresent()) {
            return false;
        }
        return !receipt.text("kind").equals("refused")
                || receipt.text("refusal").equals("denied")
                || !receipt.texts("policies").isEmpty();
    }

    private Optional<Decision> before(ReconstructionResult.ReconstructedAttempt attempt) {
        Json.Members receipt = attempt.members();
        if (receipt.get("observed").isPresent()) { // policy refused it, although observing let it pass
            return Optional.of(new Decision(Scenario.ExpectedVerdict.REFUSE, Obligations.NONE));
        }
        return switch (receipt.text("kind")) {
            case "intent" ->
                Optional.of(
                        receipt.get("confirmation").isEmpty()
                                ? new Decision(Scenario.ExpectedVerdict.PERMIT, Obligations.NONE)
                                : held(receipt.object("confirmation").object("statement")));
            case "held" -> Optional.of(held(receipt));
            default ->
                receipt.texts("policies").isEmpty()
                        ? Optional.of(new Decision(Scenario.ExpectedVerdict.REFUSE, Obligations.NONE))
                        : again(attempt);
        };
    }

    private Optional<Decision> again(ReconstructionResult.ReconstructedAttempt attempt) {
        if (!pastPolicies.containsKey(attempt.seal()) && pastPolicies.size() == MAX_PAST_SEALS) {
            return Optional.empty();
        }
        return past(attempt)
                .filter(past -> isDecidable(PolicyAnalysis.of(past), attempt))
                .map(past -> Decision.of(pastPolicies
                        .computeIfAbsent(attempt.seal(), _ -> new Policies(_ -> ""))
                        .decide(past, attempt.resolved())));
    }

    private Optional<Seal> past(ReconstructionResult.ReconstructedAttempt attempt) {
        return pastSeals.computeIfAbsent(attempt.seal(), kept);
    }

    private static boolean isDecidable(PolicyAnalysis policies, ReconstructionResult.ReconstructedAttempt attempt) {
        return !policies.readsGroups() && !attempt.isSaltedFor(policies);
    }

    private static Decision held(Json.Members holder) {
        return new Decision(Scenario.ExpectedVerdict.HOLD, Obligations.read(holder.object("obligations")));
    }

    private void compare(ReconstructionResult.ReconstructedAttempt attempt, Decision before) {
        Decision after = Decision.of(policies.decide(draft, attempt.resolved()));
        replayed++;
        Optional<String> changed = changed(past(attempt), attempt.resolved());
        if (!after.equals(before)) {
            String what = words(attempt.resolved());
            differences.merge(
                    what + " " + before.words() + " " + after.words() + changed.isEmpty(),
                    new DecisionDifference(
                            attempt.receipt(),
                            1,
                            what,
                            before.words(),
                            after.words(),
                            !after.isAsStrictAs(before),
                            changed.isEmpty()),
                    (known, _) -> known.more());
        } else if (changed.isPresent()) {
            undecided += couldBeLoosened(attempt.members()) ? 1 : 0;
            String operations = operations(attempt.resolved());
            unread.merge(
                    operations + " " + changed.get(),
                    new UnreadAttempts(operations, 1, attempt.receipt(), changed.get()),
                    (known, _) -> known.more());
        }
    }

    /** Returns why the catalogs may read the operations of {@code sensed} otherwise now; empty if they do not. */
    private Optional<String> changed(Optional<Seal> past, ResolvedAttempt sensed) {
        if (past.isEmpty()) {
            return Optional.of("The seal of that time is not stored here, so nobody can tell which catalogs read it.");
        }
        return sensed.actions().stream()
                .map(action -> action.operation().provider())
                .filter(provider -> !digest(past.get(), provider).equals(digest(draft, provider)))
                .map(provider -> "The catalog `" + FormattedText.of(provider) + "` has changed since.")
                .findFirst();
    }

    private static Optional<String> digest(Seal seal, String provider) {
        return Optional.ofNullable(seal.ownCatalogs().get(provider))
                .map(Seal.OwnCatalog::digest)
                .or(() -> Optional.ofNullable(seal.catalogs().get(provider)));
    }

    private static String operations(ResolvedAttempt sensed) {
        return sensed.actions().stream()
                .map(action -> FormattedText.of(action.operation().toString()))
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
    }

    private static String words(ResolvedAttempt sensed) {
        Set<String> resources = sensed.placements().keySet().stream()
                .map(Resource::toString)
                .map(FormattedText::of)
                .collect(Collectors.toCollection(TreeSet::new));
        return sensed.lease().agent() + ": " + operations(sensed) + " ("
                + sensed.impacts().stream().map(Impact::word).collect(Collectors.joining(", ")) + ") on "
                + String.join(" ", resources) + " in " + String.join(", ", sensed.environments());
    }
}
