package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.author.LintFinding.LintFindingKind;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.FailureDomain;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.PersonGroups;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyQuestion;
import dev.interlock.policy.PolicyRule;
import dev.interlock.policy.SealIssue;
import dev.interlock.policy.SplitEvaluator;
import dev.interlock.policy.Trait;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds settings in a policy directory that its author may not mean. It asks Cedar about every attempt of the
 * {@link Universe}, permits and forbids apart, so that one does not hide the other.
 */
public final class Lint {

    /** The findings, the worst first, the number of questions answered, and how many of them Cedar was asked. */
    public record LintReport(List<LintFinding> findings, long questions, long asked) {
        public LintReport {
            findings = List.copyOf(findings);
        }

        public boolean has(LintFinding.LintSeverity severity) {
            return findings.stream().anyMatch(finding -> finding.word().severity() == severity);
        }
    }

    private record PermittedCall(Operation operation, Impact impact, String environment) {}

    private record IrreversiblePermit(String agent, Operation operation, String environment) {}

    private static final int FEW = 5;

    private final PolicyDirectory directory;
    private final Seal seal;
    private final CatalogFacts catalogs;
    private final Set<String> admins;
    private final PolicyAnalysis policies;
    private final SplitEvaluator apart;
    private final Map<String, PolicyRule> byId = new LinkedHashMap<>();
    private final Set<String> decided = new TreeSet<>();
    private final Set<String> effective = new TreeSet<>();
    private final Map<String, Set<String>> shadows = new TreeMap<>();
    private final Map<List<String>, String> tightened = new LinkedHashMap<>();
    private final Map<String, String> unconfirmed = new TreeMap<>();
    private final Map<IrreversiblePermit, Map<Impact, Set<String>>> unapproved = new LinkedHashMap<>();
    private final Set<String> environments = new TreeSet<>();
    private final Set<String> agents = new TreeSet<>();
    private final Set<List<String>> taskImpacts = new TreeSet<>(Comparator.comparing(List::toString));
    private final Set<PermittedCall> permitted = new HashSet<>();
    private long questions;
    private long asked;

    private Lint(PolicyDirectory directory, CatalogFacts catalogs, Set<String> admins) {
        this.admins = admins;
        this.directory = directory;
        this.seal = directory.draft();
        this.catalogs = catalogs;
        this.policies = PolicyAnalysis.of(seal);
        this.apart = policies.apart();
        policies.rules().forEach(rule -> byId.put(rule.id(), rule));
    }

    /**
     * Lints {@code directory} for a gateway.
     *
     * @param admins the users who may administer the gateway; empty if unknown
     */
    public static LintReport of(Path directory, CatalogFacts catalogs, Set<String> admins) throws IOException {
        return of(directory, catalogs, admins, Optional.empty());
    }

    /** Does the same for a gateway that can ask {@code witnesses}, by their keys; empty if unknown. */
    public static LintReport of(
            Path directory, CatalogFacts catalogs, Set<String> admins, Optional<Set<String>> witnesses)
            throws IOException {
        return switch (PolicyDirectory.load(directory, catalogs)) {
            case PolicyDirectory.LoadResult.InvalidDirectory broken ->
                new LintReport(
                        broken.problems().stream()
                                .map(problem -> new LintFinding(LintFindingKind.UNSOUND, problem))
                                .toList(),
                        0,
                        0);
            case PolicyDirectory.LoadResult.SoundDirectory sound -> {
                List<LintFinding> findings = new ArrayList<>(sound.warnings());
                Lint lint = new Lint(sound.directory(), catalogs, admins);
                findings.addAll(lint.findings());
                findings.addAll(new PlacementLint(sound.directory(), catalogs).findings());
                findings.addAll(lint.together());
                findings.addAll(lint.outside());
                findings.addAll(lint.revealed());
                witnesses.flatMap(lint::unreached).ifPresent(findings::add);
                findings.sort(Comparator.comparing(
                        (LintFinding finding) -> finding.word().severity()));
                yield new LintReport(findings, lint.questions, lint.asked);
            }
        };
    }

    private List<LintFinding> findings() {
        List<LintFinding> findings = new ArrayList<>();
        directory.observes().ifPresent(time -> {
            String message = "for " + Durations.write(time) + " reads and writes are permitted without a policy";
            findings.add(at(LintFindingKind.OBSERVES, "observe", message));
        });
        seal.fleet().ifPresent(rules -> findings.add(at(LintFindingKind.UNHEARD, "fleet", rules.words())));
        for (Seal.Agent agent : seal.agents().values()) {
            if (!seal.isOwned(agent)) {
                String message = "`" + agent.owner()
                        + "` is not one of `people`, so this agent is suspended: name another owner, or remove the agent";
                findings.add(at(LintFindingKind.OWNERLESS, "agents > " + agent.id() + " > owner", message));
            }
        }
        findings.addAll(takenByAnybody());
        findings.addAll(exempt());
        if (byId.isEmpty()) {
            return findings; // the directory itself warns of that
        }
        new Universe(seal, catalogs, policies).forEachAlike(this::look);
        unapproved.forEach((permit, permitting) -> unapproved(permit.operation(), permitting));
        unconfirmed.forEach((id, message) -> findings.add(at(LintFindingKind.UNCONFIRMED, rule(id), message)));
        for (PolicyRule rule : policies.rules()) {
            never(rule).ifPresent(findings::add);
        }
        for (PolicyRule rule : policies.rules()) {
            rule.relaxes().forEach(id -> findings.add(at(LintFindingKind.RELAXED, rule, rule.relaxation(rule(id)))));
        }
        tightened.forEach((pair, question) -> findings.add(at(
                LintFindingKind.TIGHTENED,
                rule(pair.getFirst()),
                "`" + pair.getLast() + "` matches too, and adds "
                        + Annotations.write(rule(pair.getLast()).obligations()) + ", for example for " + question)));
        findings.addAll(unreachableLimits());
        findings.addAll(idle());
        findings.addAll(unmentioned());
        return findings;
    }

    private List<LintFinding> exempt() {
        return seal.approvals().withoutApproval().stream()
                .filter(one -> seal.environments().values().stream()
                        .anyMatch(known -> known.isProtected() && known.name().equals(one.environment())))
                .map(one -> at(
                        LintFindingKind.EXEMPT,
                        "without-approval",
                        "in `" + one.environment() + "`, which is protected, nobody need be asked about `"
                                + one.operation() + "`: the policy alone decides"))
                .sorted(Comparator.comparing(finding -> finding.problem().message()))
                .toList();
    }

    // An administrator who takes a lease of somebody else's agent is not the person recorded behind it.
    private List<LintFinding> takenByAnybody() {
        List<LintFinding> findings = new ArrayList<>();
        boolean isOther =
                policies.rules().stream().anyMatch(rule -> rule.obligations().other());
        Set<String> owners =
                seal.agents().values().stream().map(Seal.Agent::owner).collect(Collectors.toSet());
        for (Seal.Agent agent : seal.agents().values()) {
            // Where everybody administers as root, the agent's users include every administrator.
            boolean isOpen = agent.users().isEmpty()
                    || (!admins.isEmpty() && agent.users().containsAll(admins));
            if (isOpen && (isOther || owners.size() > 1)) {
                findings.add(takenByAnybody(agent, owners.size() == 1));
            }
        }
        return findings;
    }

    // With one administrator and one owner, as `init` writes them, no line of the policy could tell people apart.
    private LintFinding takenByAnybody(Seal.Agent agent, boolean isOneOwner) {
        String place = "agents > " + agent.id();
        if (isOneOwner && admins.size() == 1 && !agent.users().isEmpty()) {
            String only = "`" + admins.iterator().next() + "`";
            return at(
                    LintFindingKind.SHARED,
                    place,
                    "everybody who may use " + only + " can take leases of `" + agent.id()
                            + "` and confirm its calls: once"
                            + " several people may, give each a user of their own, under `admins` in gateway.yaml");
        }
        return at(
                LintFindingKind.ANYBODY,
                place,
                "everybody in `admins` can take leases of `" + agent.id() + "`, and `" + agent.owner()
                        + "` is then behind them: "
                        + (agent.users().isEmpty()
                                ? "name the users who may, under `users`"
                                : "`users` names them all, so give each person a separate user"));
    }

    // Sealing rejects only a domain that is the resource itself. A domain inside it is just as lost.
    private List<LintFinding> together() {
        List<LintFinding> findings = new ArrayList<>();
        seal.backups().plans().forEach((name, plan) -> {
            if (FailureDomain.liesIn(plan.domain(), plan.of().toString())) {
                String message = "`" + plan.domain() + "` is in `" + plan.of()
                        + "`, which it saves, and would be lost with it, so its backups do not count for `@backup`";
                findings.add(at(LintFindingKind.TOGETHER, "backups > plans > " + name + " > domain", message));
            }
        });
        return findings;
    }

    private List<LintFinding> outside() {
        List<LintFinding> findings = new ArrayList<>();
        for (String plan : seal.backups().plans().keySet()) {
            for (String name : seal.outsiders(plan)) {
                String message = "`" + name
                        + "` is not a credential of an upstream, so Interlock assumes that it is outside the vault and cannot delete what the plan saves";
                findings.add(at(LintFindingKind.OUTSIDE, "backups > plans > " + plan + " > deletable-by", message));
            }
        }
        return findings;
    }

    private Optional<LintFinding> unreached(Set<String> witnesses) {
        Set<String> missing =
                seal.witnesses().map(rules -> rules.without(witnesses)).orElse(Set.of());
        String message = "gateway.yaml names no address of `" + String.join("`, `", missing)
                + "`, so it cannot ask for what the quorum needs: add it under `witnesses` there";
        return missing.isEmpty() ? Optional.empty() : Optional.of(at(LintFindingKind.UNREACHED, "witnesses", message));
    }

    private List<LintFinding> revealed() {
        List<LintFinding> findings = new ArrayList<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            Set<String> unmarked =
                    upstream.referencesSecrets() ? catalogs.of(seal).unmarked(upstream.catalog()) : Set.of();
            if (!unmarked.isEmpty()) {
                findings.add(at(
                        LintFindingKind.REVEALED,
                        "upstreams > " + upstream.name() + " > secrets",
                        "secrets are not redacted in the answers to " + unmarked.size()
                                + " operations, because the catalog does not mark them: "
                                + unmarked.stream()
                                        .limit(FEW)
                                        .map(name -> "`" + name + "`")
                                        .collect(Collectors.joining(", "))
                                + (unmarked.size() > FEW ? " and others" : "")));
            }
        }
        return findings;
    }

    private PolicyRule rule(String id) {
        return Objects.requireNonNull(byId.get(id), "Cedar named a policy that it was not given");
    }

    private void look(HypotheticalAttempt example, List<Universe.LeaseHolder> holders) {
        ResolvedAttempt attempt = example.resolved(seal);
        boolean needsApproval =
                attempt.actions().stream().anyMatch(action -> seal.needsApproval(action, attempt.environments()));
        apart.about(attempt).forEach(matched -> look(holders, needsApproval, matched));
    }

    private void look(
            List<Universe.LeaseHolder> holders, boolean needsApproval, SplitEvaluator.MatchingPolicies matched) {
        asked++;
        questions += holders.size();
        Set<String> permitting = matched.permitting();
        Set<String> forbidding = matched.forbidding();
        decided.addAll(permitting);
        decided.addAll(forbidding);
        if (permitting.isEmpty()) {
            return;
        }
        if (!forbidding.isEmpty()) {
            permitting.forEach(
                    id -> shadows.computeIfAbsent(id, _ -> new TreeSet<>()).addAll(forbidding));
            return;
        }
        effective.addAll(permitting);
        permitted(holders, needsApproval, matched.question(), permitting);
    }

    private void permitted(
            List<Universe.LeaseHolder> holders,
            boolean needsApproval,
            PolicyQuestion question,
            Set<String> permitting) {
        permitted.add(new PermittedCall(question.operation(), question.impact(), question.environment()));
        String environment = question.environment();
        environments.add(environment);
        for (Universe.LeaseHolder holder : holders) {
            agents.add(holder.agent());
            holder.task()
                    .filter(_ -> holder.cover().isEmpty())
                    .map(seal.tasks()::get)
                    .filter(task -> task.environments().contains(environment))
                    .ifPresent(task -> taskImpacts.add(
                            List.of(task.name(), question.impact().word())));
        }
        Obligations united =
                PolicyRule.united(permitting.stream().map(this::rule).toList());
        String words = "`" + question.operation() + "`, " + question.words();
        if (question.impact() == Impact.DESTROY && united.quorums().isEmpty()) {
            String message = "permits " + words
                    + " without `@confirm`; the vault opens a destroying credential only for a signature, so this can never succeed";
            permitting.forEach(id -> unconfirmed.putIfAbsent(id, message));
        } else if (united.quorums().isEmpty() && needsApproval) {
            holders.forEach(holder -> unapproved
                    .computeIfAbsent(
                            new IrreversiblePermit(holder.agent(), question.operation(), environment),
                            _ -> new EnumMap<>(Impact.class))
                    .putIfAbsent(question.impact(), permitting));
        }
        for (String id : permitting) {
            for (String other : permitting) {
                Obligations own = rule(id).obligations();
                if (!own.and(rule(other).obligations()).equals(own)
                        && !rule(id).relaxes().contains(other)) {
                    tightened.putIfAbsent(List.of(id, other), words);
                }
            }
        }
    }

    private void unapproved(Operation operation, Map<Impact, Set<String>> permitting) {
        if (permitting.keySet().containsAll(catalogs.of(seal).impacts(operation))) {
            String message = "permits `" + operation
                    + "` without `@confirm`; what cannot be undone is refused unless a person is asked, or `without-approval` names the operation there, so this can never succeed";
            permitting.values().forEach(ids -> ids.forEach(id -> unconfirmed.putIfAbsent(id, message)));
        }
    }

    private Optional<LintFinding> never(PolicyRule rule) {
        if (!decided.contains(rule.id())) {
            // A forbid without conditions may guard against an impact that no operation has yet. Conditions are about
            // what exists.
            boolean ahead = !rule.permit() && rule.reads().isEmpty();
            return ahead || rule.reads().stream().anyMatch(Lint::isBeyond)
                    ? Optional.empty()
                    : Optional.of(at(
                            rule.permit() ? LintFindingKind.NEVER : LintFindingKind.UNMET,
                            rule,
                            "matches none of the " + questions
                                    + " possible combinations of catalogs, environments, agents and tasks"));
        }
        return rule.permit() && !effective.contains(rule.id())
                ? Optional.of(at(
                        LintFindingKind.SHADOWED,
                        rule,
                        "everything that it permits is forbidden by `"
                                + String.join("`, `", shadows.getOrDefault(rule.id(), Set.of())) + "`"))
                : Optional.empty();
    }

    // Lint reports nothing about policies that read what is not varied, or only in part.
    private static boolean isBeyond(Trait trait) {
        return !Universe.isVaried(trait)
                || Set.of(Trait.LEASE_NARROWED, Trait.RESOURCE, Trait.GROUPS, Trait.KIND)
                        .contains(trait);
    }

    /** Finds budgets and sequences that never apply, because no policy permits anything that they are about. */
    private List<LintFinding> unreachableLimits() {
        List<LintFinding> found = new ArrayList<>();
        seal.limits().budgets().values().forEach(budget -> {
            String path = "budgets > " + budget.name();
            unreachable(path, budget.selector(), "the budget `" + budget.name() + "` counts")
                    .ifPresent(found::add);
        });
        seal.limits().sequences().values().forEach(sequence -> {
            String path = "sequences > " + sequence.name();
            String named = "the sequence `" + sequence.name() + "`";
            unreachable(path + " > after", sequence.after(), "could start " + named)
                    .ifPresent(found::add);
            unreachable(path, sequence.selector(), named + " could stop").ifPresent(found::add);
        });
        return found;
    }

    // Facts come from arguments, which only a real attempt has.
    private Optional<LintFinding> unreachable(String path, SealLimits.ActionSelector selector, String what) {
        SealLimits.ActionSelector factless = new SealLimits.ActionSelector(
                selector.impacts(), selector.operations(), selector.environments(), Map.of());
        return permitted.stream()
                        .anyMatch(one -> factless.fits(
                                one.operation(), Set.of(one.impact()), Set.of(one.environment()), List.of()))
                ? Optional.empty()
                : Optional.of(at(LintFindingKind.NEVER, path, "no policy permits a call that " + what));
    }

    private List<LintFinding> idle() {
        List<LintFinding> idle = new ArrayList<>();
        for (Seal.TaskTemplate task : seal.tasks().values()) {
            for (Impact impact : task.impacts()) {
                if (!taskImpacts.contains(List.of(task.name(), impact.word())) && isPossible(impact)) {
                    idle.add(at(
                            LintFindingKind.IDLE,
                            "tasks > " + task.name() + " > impacts",
                            "no policy permits `" + impact.word() + "` under the task `" + task.name() + "`"));
                }
            }
        }
        return idle;
    }

    /** A starter names what its presets ask about, also where no operation of the first upstream is of that kind. */
    private boolean isPossible(Impact impact) {
        CatalogFacts known = catalogs.of(seal);
        return known.nameable(seal).stream()
                .anyMatch(name -> known.possible(Operation.parse(name)).contains(impact));
    }

    private List<LintFinding> unmentioned() {
        List<LintFinding> found = new ArrayList<>();
        for (String name : seal.environments().keySet()) {
            if (!environments.contains(name)) {
                String message = "no policy permits anything in `" + name + "`";
                found.add(at(LintFindingKind.UNMENTIONED, "environments > " + name, message));
            }
        }
        for (String name : seal.agents().keySet()) {
            if (!agents.contains(name)) {
                String message = "no policy permits anything to `" + name + "`";
                found.add(at(LintFindingKind.UNMENTIONED, "agents > " + name, message));
            }
        }
        Set<String> asked = PersonGroups.asked(seal);
        for (Seal.Person person : seal.people().values()) {
            for (String group : person.groups()) {
                if (!asked.contains(group)
                        && Suggestions.misspelled(group, asked).isEmpty()) {
                    String message = "no policy, limit or escalation asks the group `" + group + "`";
                    found.add(at(LintFindingKind.UNMENTIONED, "people > " + person.name() + " > groups", message));
                }
            }
        }
        return found;
    }

    private static LintFinding at(LintFindingKind word, PolicyRule rule, String message) {
        return new LintFinding(word, rule.problem(message));
    }

    private LintFinding at(LintFindingKind word, String path, String message) {
        return new LintFinding(word, directory.locate(new SealIssue(path, message)));
    }
}
