package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VisibleText;
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

/**
 * Permits in Cedar for calls like one about which people were asked: by the same agent, of the same operations and
 * impacts, on the same resources in the same environments, with the same arguments.
 *
 * @param withoutApproval the operations that must be named under {@code without-approval}, or the permits have no
 *     effect
 * @param attempt the call itself
 */
public record LastingPermit(String text, Set<String> withoutApproval, ResolvedAttempt attempt) {

    /** Maximum characters of an argument: people read it in a policy. */
    private static final int MAX_VALUE = 500;

    /**
     * Writes the permits under the policy {@code draft}.
     *
     * @param any the arguments that may have any value
     * @throws IllegalArgumentException if people must be asked about such a call each time, or if nobody asks now
     */
    public static LastingPermit of(Seal draft, Statement asked, KeptTexts texts, Set<String> any) {
        if (asked.upstream().startsWith(".")) {
            throw new IllegalArgumentException(
                    "It asks for an elevation. To give its rights for good, change `tasks` in `interlock.yaml`.");
        }
        ResolvedAttempt attempt = attempt(asked, texts);
        attempt.actions().forEach(action -> requirePermissible(draft, action, attempt));
        Set<String> asking = asking(draft, attempt);
        StringBuilder text = new StringBuilder("// ")
                .append(asked.hold())
                .append(": ")
                .append(VisibleText.lines(asked.summary()).replaceAll("\\s+", " "))
                .append('\n');
        int number = 0;
        for (Action action : attempt.actions()) {
            String id = "from-now-on-" + asked.hold().toLowerCase(Locale.ROOT) + (number++ == 0 ? "" : "-" + number);
            text.append("@id(\"").append(id).append("\")\n@relaxes(\"").append(String.join(", ", asking));
            text.append("\")\n").append(permit(attempt, action, any));
        }
        return new LastingPermit(
                text.toString(),
                attempt.actions().stream()
                        .filter(draft::needsApproval)
                        .map(action -> action.operation().toString())
                        .collect(Collectors.toCollection(TreeSet::new)),
                attempt);
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
            throw new IllegalArgumentException("It runs code, changes rights or cannot be undone in a protected"
                    + " environment, and people are asked about that each time.");
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

    /** Returns why people would still be asked under {@code changed}, which has the permits; empty if they would not. */
    public Optional<String> objection(Seal changed) {
        Verdict verdict = new Policies(_ -> "").decide(changed, attempt);
        return verdict instanceof Verdict.Permit
                ? Optional.empty()
                : Optional.of("Such a call would still get `" + Verdicts.word(verdict) + "`. " + Verdicts.because(verdict));
    }

    private static ResolvedAttempt attempt(Statement asked, KeptTexts texts) {
        Map<Resource, Placement> placements = new TreeMap<>();
        List<Action> actions = new ArrayList<>();
        Set<Impact> impacts = new TreeSet<>();
        for (Json.Members each : asked.meaning().objects("actions")) {
            Action action = AttemptReconstruction.action(each, placements);
            impacts.addAll(action.impacts());
            actions.add(action.withFacts(
                    action.facts().stream().map(fact -> AttemptReconstruction.whole(fact, texts)).toList()));
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

    private static String permit(ResolvedAttempt attempt, Action action, Set<String> any) {
        Set<String> environments = new TreeSet<>();
        action.resources().forEach(resource -> environments.addAll(attempt.placement(resource).environments()));
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
                .filter(fact -> fact.readAs().isPresent()
                        && !any.contains(fact.readAs().get()))
                .map(LastingPermit::condition)
                .distinct()
                .forEach(conditions::add);
        return "permit (\n    principal == Agent::" + quoted(attempt.lease().agent())
                + ",\n    action == Operation::Action::" + quoted(action.operation().toString())
                + ",\n    resource" + (isOne ? " == " + entity(action.resources().iterator().next()) : "")
                + "\n)\nwhen {\n    " + String.join(" &&\n    ", conditions) + "\n};\n";
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
        return "(context.argument has " + quoted(name) + " && context.argument[" + quoted(name) + "] == " + quoted(value)
                + ")";
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
