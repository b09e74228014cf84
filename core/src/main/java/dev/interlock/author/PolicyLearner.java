package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.author.AttemptReconstruction.ReconstructionResult;
import dev.interlock.evidence.Json;
import dev.interlock.policy.Annotations;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Derives the smallest policy that permits again everything that passed in the past. For each agent under each task it
 * permits exactly the operations, impacts, environments and resources that were used, with the obligations that were
 * met.
 */
public final class PolicyLearner {

    private static final String NO_TASK = "";

    /**
     * The result of learning.
     *
     * @param policy Cedar permits, as a file
     * @param permits the number of permits
     * @param tasks suggested task templates that allow everything used, as YAML
     * @param used the number of attempts learned from
     * @param leftOut the number of attempts left out, by reason
     * @param proof the result of replaying the same attempts
     */
    public record LearnedPolicy(
            String policy, int permits, String tasks, long used, Map<String, Long> leftOut, LearningProof proof) {

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

    /** One use of an operation on a resource, by one agent under one task. */
    private record ObservedUse(
            String agent, String task, Impact impact, String environment, Operation operation, Resource resource) {}

    /** The contents of one permit, apart from operations and resources. */
    private record PermitHead(String agent, String task, Impact impact, String environment, Obligations obligations) {

        static final Comparator<PermitHead> ORDER = Comparator.comparing(PermitHead::agent)
                .thenComparing(PermitHead::task)
                .thenComparing(PermitHead::impact)
                .thenComparing(PermitHead::environment)
                .thenComparing(head -> Annotations.write(head.obligations()));
    }

    /** The operations used on one resource. */
    private record Permit(PermitHead head, Resource resource, Set<Operation> operations) {}

    private final Seal draft;
    private final CatalogFacts catalogs;
    private final AttemptReconstruction recollection;
    private final Set<ObservedUse> free = new HashSet<>();
    private final List<ConfirmedUses> confirmed = new ArrayList<>();
    private final Map<String, Long> leftOut = new TreeMap<>();
    private long used;

    private record ConfirmedUses(Set<ObservedUse> uses, Obligations obligations) {}

    private PolicyLearner(Seal draft, CatalogFacts catalogs, Iterable<Json.Members> acts) {
        this.draft = draft;
        this.catalogs = catalogs;
        this.recollection = new AttemptReconstruction(acts);
    }

    /**
     * Learns from {@code receipts}, and replays them under the learned policy.
     *
     * @param draft supplies environments, agents, upstreams and tasks as they are now; its policies are ignored
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
        List<Json.Members> others = new ArrayList<>();
        for (Json.Members receipt : receipts) {
            (learning.learn(receipt) ? learnedFrom : others).add(receipt);
        }
        List<Permit> permits = learning.permits();
        String policy = text(permits);
        Seal learned = draft.with(parts -> parts.policies = List.of(new Seal.PolicyText("learned.cedar", policy)));
        // Attempts that passed but could not be learned from must not count as loosened.
        List<Json.Members> refused = others.stream()
                .filter(receipt -> !receipt.text("kind").equals("intent"))
                .toList();
        LearningProof proof = new LearningProof(
                PolicyReplay.of(learned, catalogs, learnedFrom, acts, kept),
                PolicyReplay.of(learned, catalogs, refused, acts, kept));
        return new LearnedPolicy(policy, permits.size(), learning.tasks(), learning.used, learning.leftOut, proof);
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
        return destroys && attempt.members().get("confirmation").isEmpty()
                ? Optional.of("It destroyed something without a confirmation.")
                : Optional.empty();
    }

    private boolean take(ReconstructionResult.ReconstructedAttempt attempt) {
        Set<ObservedUse> uses = uses(attempt.resolved());
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

    private static Set<ObservedUse> uses(ResolvedAttempt sensed) {
        Set<ObservedUse> uses = new HashSet<>();
        for (Action action : sensed.actions()) {
            for (Resource resource : action.resources()) {
                for (String environment : sensed.placement(resource).environments()) {
                    for (Impact impact : action.impacts()) {
                        uses.add(new ObservedUse(
                                sensed.lease().agent(),
                                sensed.lease().template().orElse(NO_TASK),
                                impact,
                                environment,
                                action.operation(),
                                resource));
                    }
                }
            }
        }
        return uses;
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

    /** Makes one permit for each resource: a product of operations and resources would permit more than was used. */
    private List<Permit> permits() {
        Map<PermitHead, Map<Resource, Set<Operation>>> heads = new TreeMap<>(PermitHead.ORDER);
        obligations()
                .forEach((use, obligations) -> heads.computeIfAbsent(
                                new PermitHead(use.agent(), use.task(), use.impact(), use.environment(), obligations),
                                _ -> new TreeMap<>())
                        .computeIfAbsent(use.resource(), _ -> new TreeSet<>(Comparator.comparing(Operation::toString)))
                        .add(use.operation()));
        List<Permit> permits = new ArrayList<>();
        heads.forEach((head, resources) ->
                resources.forEach((resource, operations) -> permits.add(new Permit(head, resource, operations))));
        return permits;
    }

    private static String text(List<Permit> permits) {
        StringBuilder text = new StringBuilder("""
                // Learned from receipts: it permits the calls that went, and nothing else. Review it: calls that were
                // never made are missing, and calls that were made by mistake are permitted. Keep your `forbid`s.
                """);
        for (int i = 0; i < permits.size(); i++) {
            text.append('\n').append(text(i + 1, permits.get(i)));
        }
        return text.toString();
    }

    private static String text(int number, Permit permit) {
        PermitHead head = permit.head();
        String obligations = Annotations.write(head.obligations());
        StringBuilder text = new StringBuilder("@id(\"learned-" + number + "\")\n");
        if (!obligations.isEmpty()) {
            text.append(obligations).append('\n');
        }
        text.append("permit (\n    principal == Agent::")
                .append(quoted(head.agent()))
                .append(",\n    action in [");
        text.append(String.join(
                ", ",
                permit.operations().stream()
                        .map(operation -> "Operation::Action::" + quoted(operation.toString()))
                        .toList()));
        // Only the resource itself: the resources in it were not used.
        text.append("],\n    resource == Resource::")
                .append(quoted(permit.resource().toString()));
        text.append("\n)\nwhen {\n    action in Impact::Action::")
                .append(quoted(head.impact().word()));
        text.append(" &&\n    context.environment == ")
                .append(quoted(head.environment()))
                .append(" &&\n    ");
        text.append(
                head.task().equals(NO_TASK)
                        ? "!(context.lease has template)"
                        : "context.lease has template && context.lease.template == " + quoted(head.task()));
        return text.append("\n};\n").toString();
    }

    private static boolean isPlain(Resource resource) {
        return resource.toString().chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /** Returns {@code text} as a Cedar string. */
    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** Returns task templates that allow everything that leases under them were used for. */
    private String tasks() {
        Set<ObservedUse> all = obligations().keySet();
        Set<String> names = new TreeSet<>();
        all.stream()
                .map(ObservedUse::task)
                .filter(task -> !task.equals(NO_TASK))
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
