package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.ExemptOperation;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.FreeTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A permit in Cedar for calls like one about which people were asked: by the same agent, of the same operation and
 * impacts, on the same resources in the same environments, with the same arguments and no others.
 *
 * @param withoutApproval the lines that {@code without-approval} must have, or the permit has no effect
 * @param attempt the call itself
 */
public record LastingPermit(String text, Set<String> withoutApproval, ResolvedAttempt attempt) {

    /** Maximum characters of an argument: people read it in a policy. */
    private static final int MAX_VALUE = 500;

    /** Facts, other than arguments, that differ between calls of the same arguments and impacts. */
    private static final Set<String> VARYING = Set.of("answers", Fact.LEAVES_OUT, "session", "target");

    /**
     * Writes the permit under the policy {@code draft}.
     *
     * @param named the arguments that may have any value, besides texts for people
     * @throws IllegalArgumentException if people must be asked about such a call each time, or if nobody asks now
     */
    public static LastingPermit of(
            Seal draft, CatalogFacts catalogs, Statement asked, KeptTexts texts, Set<String> named) {
        if (asked.upstream().startsWith(".")) {
            throw new IllegalArgumentException(
                    "It asks for an elevation. To give its rights for good, change `tasks` in `interlock.yaml`.");
        }
        ResolvedAttempt attempt = attempt(asked, texts);
        if (attempt.actions().size() != 1) {
            throw new IllegalArgumentException(
                    "It does several things at once, and a policy sees each by itself: write the permits by hand.");
        }
        Action action = attempt.actions().getFirst();
        requirePermissible(draft, action, attempt);
        OperationSummary known = catalogs.of(draft)
                .find(action.operation())
                .orElseThrow(() -> new IllegalArgumentException(
                        "No catalog says which arguments it has: write the permit by hand."));
        Set<String> free = freeTexts(action, known);
        Set<String> any = new TreeSet<>(named);
        any.addAll(free);
        requireNamed(unbound(action, known), any);
        String text = "// " + asked.hold() + ": "
                + VisibleText.lines(asked.summary()).replaceAll("\\s+", " ")
                + (free.isEmpty() ? "" : "\n// With any text as " + String.join(", ", free) + ".")
                + "\n@id(\"from-now-on-" + asked.hold().toLowerCase(Locale.ROOT)
                + "\")\n@relaxes(\"" + String.join(", ", asking(draft, attempt)) + "\")\n"
                + permit(attempt, action, known, any);
        Set<String> without = new TreeSet<>();
        if (draft.needsApproval(action, attempt.environments())) {
            attempt.environments()
                    .forEach(name -> without.add(new ExemptOperation(action.operation(), name).toString()));
        }
        return new LastingPermit(text, without, attempt);
    }

    /**
     * Returns the arguments of it that are texts for people, as a message, which nobody sends twice. Each call's are
     * judged anew: one that commands a machine has another impact.
     */
    private static Set<String> freeTexts(Action action, OperationSummary known) {
        return Set.of(Impact.READ, Impact.WRITE).containsAll(action.impacts())
                ? Stream.concat(
                                action.facts().stream().flatMap(fact -> fact.readAs().stream()),
                                known.hidden().stream())
                        .filter(FreeTexts::isAt)
                        .collect(Collectors.toCollection(TreeSet::new))
                : Set.of();
    }

    /** Returns what may differ from call to call unseen by any policy: hidden arguments, and what was found out. */
    private static Set<String> unbound(Action action, OperationSummary known) {
        Set<String> unbound = new TreeSet<>(known.hidden());
        action.facts().stream()
                .filter(fact -> fact.readAs().isEmpty() && VARYING.contains(fact.name()))
                .map(Fact::name)
                .forEach(unbound::add);
        return unbound;
    }

    private static void requireNamed(Set<String> unbound, Set<String> any) {
        if (!any.containsAll(unbound)) {
            throw new IllegalArgumentException("No policy can read `" + String.join("`, `", unbound)
                    + "`. To permit such calls whatever these are: --any " + String.join(" --any ", unbound));
        }
    }

    private static void requirePermissible(Seal draft, Action action, ResolvedAttempt attempt) {
        if (action.has(Impact.DESTROY)) {
            throw new IllegalArgumentException("It destroys, and people are asked about that each time.");
        }
        if (action.has(Impact.CREDENTIAL) || action.has(Impact.UNKNOWN)) {
            throw new IllegalArgumentException(
                    "It is about a secret, or nobody knows what it does: people are asked about that each time.");
        }
        boolean isProtected = action.resources().stream()
                .flatMap(resource -> attempt.placement(resource).environments().stream())
                .map(draft.environments()::get)
                .anyMatch(environment -> environment == null || environment.isProtected());
        if (isProtected && (action.isGrave() || action.has(Impact.PRIVILEGE))) {
            throw new IllegalArgumentException(
                    "It runs code, changes rights or cannot be undone in a protected environment, and people are asked about that each time.");
        }
    }

    /** Returns the permits whose obligations the call must meet under {@code draft}. */
    private static Set<String> asking(Seal draft, ResolvedAttempt attempt) {
        Verdict verdict = new Policies(_ -> "").decide(draft, attempt);
        Set<String> asking = PolicyAnalysis.of(draft).rules().stream()
                .filter(rule -> verdict.grounds().policies().contains(rule.id())
                        && !rule.obligations().isEmpty())
                .map(PolicyRule::id)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!(verdict instanceof Verdict.Hold) || asking.isEmpty()) {
            throw new IllegalArgumentException("No policy of this directory asks about it: `" + Verdicts.word(verdict)
                    + "`. " + Verdicts.because(verdict));
        }
        return asking;
    }

    /**
     * Returns why {@code changed}, which is {@code before} with the permit, is not what was meant: people would still
     * be asked, or another agent would not be asked either, whom another permit relaxes already.
     */
    public Optional<String> objection(Seal before, Seal changed) {
        Policies policies = new Policies(_ -> "");
        Verdict verdict = policies.decide(changed, attempt);
        if (!(verdict instanceof Verdict.Permit)) {
            return Optional.of(
                    "Such a call would still get `" + Verdicts.word(verdict) + "`. " + Verdicts.because(verdict));
        }
        List<ResolvedAttempt> others = before.agents().keySet().stream()
                .flatMap(agent -> before.environments().keySet().stream().map(name -> elsewhere(agent, Set.of(name))))
                .filter(other -> !other.lease().agent().equals(attempt.lease().agent())
                        || !attempt.lease()
                                .environments()
                                .containsAll(other.lease().environments()))
                .toList();
        List<ResolvedAttempt> free = others.stream()
                .filter(other -> policies.decide(changed, other) instanceof Verdict.Permit)
                .toList(); // one seal after the other, because policies are parsed anew for each
        return free.stream()
                .filter(other -> !(policies.decide(before, other) instanceof Verdict.Permit))
                .findFirst()
                .map(other -> "With its operation under `without-approval`, nobody would be asked about it from `"
                        + other.lease().agent() + "` in `"
                        + String.join(", ", other.lease().environments())
                        + "` either.");
    }

    /** Returns such a call by {@code agent} in {@code environments}, with a lease that covers it. */
    ResolvedAttempt elsewhere(String agent, Set<String> environments) {
        Map<Resource, Placement> placements = new TreeMap<>();
        attempt.placements()
                .forEach((resource, placement) -> placements.put(
                        resource,
                        new Placement(resource, environments, Set.of(), placement.provenance(), placement.known())));
        return new ResolvedAttempt(
                attempt.attempt(),
                lease(agent, attempt.lease(), environments),
                attempt.actions(),
                placements,
                attempt.radius(),
                attempt.outgoing(),
                attempt.digests());
    }

    private static Lease lease(String agent, Lease like, Set<String> environments) {
        return new Lease(
                like.id(),
                like.root(),
                agent,
                like.person(),
                LeaseSigners.NOBODY,
                like.task(),
                Optional.empty(),
                environments,
                like.impacts(),
                Set.of(),
                Optional.empty(),
                Instant.EPOCH,
                Instant.MAX);
    }

    private static ResolvedAttempt attempt(Statement asked, KeptTexts texts) {
        Map<Resource, Placement> placements = new TreeMap<>();
        List<Action> actions = new ArrayList<>();
        Set<Impact> impacts = new TreeSet<>();
        for (Json.Members each : asked.meaning().objects("actions")) {
            Action action = AttemptReconstruction.action(each, placements);
            impacts.addAll(action.impacts());
            actions.add(action.withFacts(action.facts().stream()
                    .map(fact -> AttemptReconstruction.whole(fact, texts))
                    .toList()));
        }
        HttpCall call = new HttpCall("POST", "past", "/", List.of(), List.of(), Bytes.empty());
        Lease lease = new Lease(
                asked.lease(),
                asked.lease(),
                asked.agent(),
                asked.person(),
                LeaseSigners.NOBODY,
                asked.task(),
                Optional.empty(),
                HypotheticalAttempt.environments(placements.values()),
                impacts,
                Set.of(),
                Optional.empty(),
                Instant.EPOCH,
                Instant.MAX);
        return new ResolvedAttempt(
                new Attempt(asked.upstream(), List.of(), Optional.empty(), call, asked.openedAt()),
                lease,
                actions,
                placements,
                AttemptReconstruction.radius(asked.meaning().object("radius")),
                call,
                SaltedDigests.OPEN);
    }

    private static String permit(ResolvedAttempt attempt, Action action, OperationSummary known, Set<String> any) {
        Set<String> environments = new TreeSet<>();
        action.resources()
                .forEach(resource ->
                        environments.addAll(attempt.placement(resource).environments()));
        List<String> conditions = new ArrayList<>(List.of(
                "context.upstream == " + quoted(attempt.attempt().upstream()),
                list(environments) + ".contains(context.environment)",
                action.impacts().stream()
                        .map(impact -> "action in Impact::Action::" + quoted(impact.word()))
                        .collect(Collectors.joining(" || ", "(", ")")),
                "context.reversibility == " + quoted(action.reversibility().word())));
        boolean isOne = action.resources().size() == 1;
        if (!isOne) {
            conditions.add(action.resources().stream()
                    .map(resource -> "resource == " + entity(resource))
                    .collect(Collectors.joining(" || ", "(", ")")));
        }
        action.facts().stream()
                .filter(fact ->
                        fact.readAs().isPresent() && !any.contains(fact.readAs().get()))
                .map(LastingPermit::condition)
                .distinct()
                .forEach(conditions::add);
        absent(action, known).stream()
                .filter(name -> !any.contains(name))
                .forEach(name -> conditions.add("!("
                        + (Fact.isCount(name)
                                ? "context.counts has " + Fact.countRead(name)
                                : "context.argument has " + quoted(name))
                        + ")"));
        return "permit (\n    principal == Agent::" + quoted(attempt.lease().agent())
                + ",\n    action == Operation::Action::"
                + quoted(action.operation().toString())
                + ",\n    resource"
                + (isOne ? " == " + entity(action.resources().iterator().next()) : "")
                + "\n)\nwhen {\n    " + String.join(" &&\n    ", conditions) + "\n};\n";
    }

    /** Returns the names by which policies read what such a call can have, and this one does not. */
    private static Set<String> absent(Action action, OperationSummary known) {
        Set<String> absent = new TreeSet<>();
        for (String name : known.facts()) {
            if (name.startsWith(Fact.ARGUMENT)) {
                absent.add(name.substring(Fact.ARGUMENT.length()));
            } else if (name.startsWith(Fact.COUNT)) {
                absent.add(Fact.readCount(name.substring(Fact.COUNT.length())));
            }
        }
        action.facts().forEach(fact -> fact.readAs().ifPresent(absent::remove));
        return absent;
    }

    private static String condition(Fact fact) {
        String name = fact.readAs().orElseThrow();
        if (Fact.isCount(name)) {
            String count = Fact.countRead(name);
            return "(context.counts has " + count + " && context.counts." + count + " <= " + fact.value() + ")";
        }
        String value = fact.value();
        boolean isText = Fact.isWhole(value)
                && value.length() <= MAX_VALUE
                && !value.startsWith("[")
                && !value.startsWith("{")
                && value.chars().allMatch(c -> c >= ' ' && !Character.isSurrogate((char) c));
        if (!isText) {
            throw new IllegalArgumentException("The argument `" + name
                    + "` is no short text that a policy can name: with `--any " + name + "` it may be anything.");
        }
        return "(context.argument has " + quoted(name) + " && context.argument[" + quoted(name) + "] == "
                + quoted(value) + ")";
    }

    private static String entity(Resource resource) {
        return "Resource::" + quoted(resource.toString());
    }

    private static String list(Collection<String> names) {
        return names.stream().map(LastingPermit::quoted).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
