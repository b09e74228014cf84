package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.author.AttemptReconstruction.ReconstructionResult;
import dev.interlock.evidence.Json;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Derives a short policy that permits again everything that passed in the past ({@link LearnedPermits}), with the
 * obligations that were met, and keeps the forbids of the policy directory. It permits nothing that was refused, or
 * waited and was not used.
 */
public final class PolicyLearner {

    /** The only permit when the forbids are tried alone. With a quorum, nothing but a forbid refuses. */
    private static final Seal.PolicyText EVERYTHING = new Seal.PolicyText(
            "everything.cedar",
            "@id(\"interlock-learns\") @confirm(\"1 of anybody\") permit (principal, action, resource);");

    /**
     * The result of learning.
     *
     * @param policy a whole policy file: the learned permits, and the forbids of the policy directory
     * @param permits the number of permits
     * @param tasks suggested task templates that allow everything used, as YAML
     * @param used the number of attempts learned from
     * @param leftOut the number of attempts left out, by reason
     * @param untried the forbids that the replay leaves out, because receipts do not record what they read
     * @param proof the result of replaying the same attempts
     */
    public record LearnedPolicy(
            String policy,
            int permits,
            String tasks,
            long used,
            Map<String, Long> leftOut,
            List<String> untried,
            LearningProof proof) {
        public LearnedPolicy {
            untried = List.copyOf(untried);
        }

        /** Returns the result as JSON. */
        public Json.Members json() {
            Json.Members out = Json.object();
            for (Map.Entry<String, Long> lost : leftOut.entrySet()) {
                out = out.with(lost.getKey(), lost.getValue());
            }
            return Json.object()
                    .with("policy", policy)
                    .with("permits", permits)
                    .with("tasks", tasks)
                    .with("used", used)
                    .with("left_out", out)
                    .withTexts("forbids_not_replayed", untried)
                    .with("proof", proof.json());
        }
    }

    /**
     * The result of replaying the same attempts under the learned policy.
     *
     * @param used the attempts that passed
     * @param others the attempts that were refused, or held and never sent
     */
    public record LearningProof(PolicyReplay.ReplayReport used, PolicyReplay.ReplayReport others) {

        /**
         * Returns whether everything that passed passes again with the same obligations, and nothing else passes that
         * did not.
         */
        public boolean holds() {
            return used.differences().isEmpty() && used.unreplayable().isEmpty() && !others.isLooser();
        }

        Json.Members json() {
            List<Json> against = new ArrayList<>();
            used.differences().forEach(difference -> against.add(difference.json()));
            others.differences().stream()
                    .filter(PolicyReplay.DecisionDifference::loosened)
                    .forEach(difference -> against.add(difference.json()));
            return Json.object()
                    .with("holds", holds())
                    .with("replayed", used.replayed() + others.replayed())
                    .with("against", new Json.Array(against));
        }
    }

    private final Seal draft;
    private final CatalogFacts catalogs;
    private final AttemptReconstruction recollection;
    private final Policies policies = new Policies(_ -> "");
    private final List<PolicyRule> forbids;
    private final List<PolicyRule> triedForbids;
    private final Map<ObservedUse, Long> calls = new HashMap<>();
    private final Set<ObservedUse> free = new HashSet<>();
    private final List<ConfirmedUses> confirmed = new ArrayList<>();
    private final Map<String, Long> leftOut = new TreeMap<>();
    private long used;

    private record ConfirmedUses(Set<ObservedUse> uses, Obligations obligations) {}

    private PolicyLearner(Seal draft, CatalogFacts catalogs, Iterable<Json.Members> acts) {
        this.draft = draft;
        this.catalogs = catalogs;
        this.recollection = new AttemptReconstruction(acts);
        this.forbids = PolicyAnalysis.of(draft).rules().stream()
                .filter(rule -> !rule.permit())
                .toList();
        this.triedForbids = forbids.stream().filter(rule -> !rule.readsGroups()).toList();
    }

    /**
     * Learns from {@code receipts}, and replays them under the learned policy.
     *
     * @param draft supplies environments, agents, upstreams and tasks as they are now, and the forbids; its permits are
     *     ignored
     * @param acts the receipts of issued leases
     * @param kept returns past seals, by id
     */
    public static LearnedPolicy from(
            Seal draft,
            CatalogFacts catalogs,
            List<Json.Members> receipts,
            List<Json.Members> acts,
            Function<String, Optional<Seal>> kept) {
        PolicyLearner learning = new PolicyLearner(draft, catalogs.of(draft), acts);
        List<Json.Members> learnedFrom = new ArrayList<>();
        List<Json.Members> refused = new ArrayList<>();
        for (Json.Members receipt : receipts) {
            if (learning.learn(receipt)) {
                learnedFrom.add(receipt);
            } else if (!receipt.text("kind").equals("intent")) {
                // Attempts that passed but could not be learned from must not count as loosened.
                refused.add(receipt);
            }
        }
        LearnedPermits permits = learning.permits(Set.of());
        PolicyReplay.ReplayReport others = PolicyReplay.of(learning.seal(permits), catalogs, refused, acts, kept);
        if (others.isLooser()) {
            permits = learning.permits(learning.placed(others, refused));
            others = PolicyReplay.of(learning.seal(permits), catalogs, refused, acts, kept);
        }
        LearnedPermits.PolicyText text = permits.write(learning.forbids);
        return new LearnedPolicy(
                text.text(),
                text.permits(),
                learning.tasks(),
                learning.used,
                learning.leftOut,
                learning.untried(),
                new LearningProof(PolicyReplay.of(learning.seal(permits), catalogs, learnedFrom, acts, kept), others));
    }

    private List<String> untried() {
        return forbids.stream()
                .filter(forbid -> !triedForbids.contains(forbid))
                .map(PolicyRule::id)
                .toList();
    }

    /** Returns the seal to try {@code permits} with. Receipts do not record what some forbids read. */
    private Seal seal(LearnedPermits permits) {
        return draft.with(parts -> parts.policies = List.of(
                new Seal.PolicyText("learned.cedar", permits.write(triedForbids).text())));
    }

    private LearnedPermits permits(Set<ObservedUse.PlacedOperation> refused) {
        return new LearnedPermits(draft, catalogs, obligations(), calls, refused);
    }

    /** Returns the operations of the attempts that {@code loosened} names: no wider permit may cover them. */
    private Set<ObservedUse.PlacedOperation> placed(PolicyReplay.ReplayReport loosened, List<Json.Members> receipts) {
        Set<String> ids = loosened.differences().stream()
                .filter(PolicyReplay.DecisionDifference::loosened)
                .map(PolicyReplay.DecisionDifference::receipt)
                .collect(Collectors.toSet());
        return receipts.stream()
                .filter(receipt -> ids.contains(receipt.text("id")))
                .map(recollection::reconstruct)
                .filter(ReconstructionResult.ReconstructedAttempt.class::isInstance)
                .flatMap(attempt ->
                        ObservedUse.of(((ReconstructionResult.ReconstructedAttempt) attempt).resolved()).stream())
                .map(ObservedUse::placed)
                .collect(Collectors.toSet());
    }

    /** Returns whether {@code receipt} records an attempt that passed and could be learned from. */
    private boolean learn(Json.Members receipt) {
        if (!receipt.text("kind").equals("intent")) {
            return false;
        }
        return switch (recollection.reconstruct(receipt)) {
            case ReconstructionResult.OtherReceipt _ -> false;
            case ReconstructionResult.LostAttempt lost -> leave(lost.why());
            case ReconstructionResult.ReconstructedAttempt attempt ->
                objection(attempt).map(this::leave).orElseGet(() -> take(attempt));
        };
    }

    private boolean leave(String why) {
        leftOut.merge(why, 1L, Long::sum);
        return false;
    }

    private Optional<String> objection(ReconstructionResult.ReconstructedAttempt attempt) {
        ResolvedAttempt sensed = attempt.resolved();
        if (attempt.members().get("observed").isPresent()) {
            return Optional.of("No policy permitted it; it passed because the seal only observed.");
        }
        if (attempt.members().get("elevation").isPresent()) {
            return Optional.of("People had elevated its lease beyond its task.");
        }
        if (!attempt.members().texts("limits").isEmpty()) {
            return Optional.of("A budget or a sequence took part, so earlier calls decide.");
        }
        if (attempt.narrowed()) {
            return Optional.of("Its lease was narrowed to groups of resources, which receipts do not record.");
        }
        if (!draft.agents().containsKey(sensed.lease().agent())) {
            return Optional.of("Its agent is no longer in the policy directory.");
        }
        String task = sensed.lease().template().orElse(ObservedUse.NO_TASK);
        if (!task.equals(ObservedUse.NO_TASK) && !draft.tasks().containsKey(task)) {
            return Optional.of("Its task is no longer in the policy directory.");
        }
        if (!draft.upstreams().containsKey(sensed.attempt().upstream())) {
            return Optional.of("Its upstream is no longer in the policy directory.");
        }
        if (!draft.environments().keySet().containsAll(sensed.environments())) {
            return Optional.of("Its environment is no longer in the policy directory.");
        }
        boolean known = sensed.actions().stream()
                .allMatch(action ->
                        draft.catalogs().containsKey(action.operation().provider())
                                && (draft.classify().containsKey(action.operation())
                                        || catalogs.possible(action.operation()).containsAll(action.impacts())));
        if (!known) {
            return Optional.of("Its operation is no longer in a catalog of the policy directory.");
        }
        if (!sensed.placements().keySet().stream().allMatch(PolicyLearner::isPlain)) {
            return Optional.of("A resource's name contains characters that a policy should not contain.");
        }
        boolean destroys = sensed.impacts().contains(Impact.DESTROY);
        if (destroys && attempt.members().get("confirmation").isEmpty()) {
            return Optional.of("It destroyed something without a confirmation.");
        }
        return forbidden(sensed).map(ids -> "The policy directory forbids it now: " + ids + ".");
    }

    /** Returns the forbids that refuse {@code sensed}, if any do. */
    private Optional<String> forbidden(ResolvedAttempt sensed) {
        if (triedForbids.isEmpty()) {
            return Optional.empty();
        }
        List<Seal.PolicyText> texts = new ArrayList<>(List.of(EVERYTHING));
        triedForbids.forEach(forbid -> texts.add(new Seal.PolicyText(forbid.id() + ".cedar", forbid.source())));
        Verdict verdict = policies.decide(draft.with(parts -> parts.policies = texts), sensed);
        return verdict instanceof Verdict.Refuse(VerdictReasons grounds, Refusal _)
                        && !grounds.policies().isEmpty()
                ? Optional.of("`" + String.join("`, `", grounds.policies()) + "`")
                : Optional.empty();
    }

    private boolean take(ReconstructionResult.ReconstructedAttempt attempt) {
        Set<ObservedUse> uses = ObservedUse.of(attempt.resolved());
        uses.forEach(use -> calls.merge(use, 1L, Long::sum));
        if (attempt.members().get("confirmation").isPresent()) {
            confirmed.add(new ConfirmedUses(
                    uses,
                    Obligations.read(attempt.members()
                            .object("confirmation")
                            .object("statement")
                            .object("obligations"))));
        } else {
            free.addAll(uses);
        }
        used++;
        return true;
    }

    /**
     * Assigns obligations to uses. People confirm whole attempts. A use that also passed without confirmation elsewhere
     * needs none. The remaining uses of an attempt get all of its obligations, or all uses if none remains. If several
     * attempts share a use, the strictest obligations count, so that nothing passes with fewer than before.
     */
    private Map<ObservedUse, Obligations> obligations() {
        Map<ObservedUse, Obligations> all = new HashMap<>();
        free.forEach(use -> all.put(use, Obligations.NONE));
        for (ConfirmedUses attempt : confirmed) {
            Set<ObservedUse> asking = new HashSet<>(attempt.uses());
            asking.removeAll(free);
            for (ObservedUse use : asking.isEmpty() ? attempt.uses() : asking) {
                all.merge(use, attempt.obligations(), Obligations::and);
            }
        }
        return all;
    }

    private static boolean isPlain(Resource resource) {
        return resource.toString().chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /** Returns task templates that allow everything that leases under them were used for. */
    private String tasks() {
        Set<ObservedUse> all = obligations().keySet();
        Set<String> names = new TreeSet<>();
        all.stream()
                .map(ObservedUse::task)
                .filter(task -> !task.equals(ObservedUse.NO_TASK))
                .forEach(names::add);
        if (names.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("tasks:\n");
        for (String name : names) {
            Set<String> environments = new TreeSet<>();
            Set<Impact> impacts = new TreeSet<>();
            Set<String> agents = new TreeSet<>();
            all.stream().filter(use -> use.task().equals(name)).forEach(use -> {
                environments.add(use.environment());
                impacts.add(use.impact());
                agents.add(use.agent());
            });
            Seal.TaskTemplate now = draft.tasks().get(name);
            text.append("  ").append(name).append(":\n    environments: [").append(String.join(", ", environments));
            text.append("]\n    impacts: [")
                    .append(String.join(", ", impacts.stream().map(Impact::word).toList()));
            text.append("]\n    agents: [").append(String.join(", ", agents)).append("]\n    ttl: ");
            text.append(now == null ? "1h" : Durations.write(now.ttl())).append('\n');
        }
        return text.toString();
    }
}
