package dev.interlock.drill;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.PolicyRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The permits and forbids of an organisation's own policy directory, in the world of the demo: its environments, agents
 * and teams have the demo's names. Everything else of a directory is about the organisation's own world.
 *
 * @param left the policies that are about another provider, and are not played
 * @param missing what the directory lacks against such an incident, in whole sentences
 */
record OwnPolicy(String cedar, Set<String> left, List<String> missing) {

    private static final Set<String> PLAYED = Set.of("railway", "git", "runbook");
    private static final Pattern ABOUT = Pattern.compile("(?:Operation::Action|Resource)::\"([^\"/:]+)[/:]");

    /** Reads {@code directory}; empty if it is a variant of the demo's own policy. */
    static Optional<OwnPolicy> read(Path directory) throws IOException {
        Path yaml = directory.resolve("interlock.yaml");
        if (!Files.isRegularFile(yaml) || Files.readString(yaml).contains("${")) {
            return Optional.empty();
        }
        return switch (PolicyDirectory.load(directory, CatalogView.facts())) {
            case PolicyDirectory.LoadResult.SoundDirectory sound ->
                Optional.of(of(sound.directory().draft()));
            case PolicyDirectory.LoadResult.InvalidDirectory(List<PolicyProblem> problems) ->
                throw new IOException("the policy cannot be sealed: " + problems.getFirst());
        };
    }

    static OwnPolicy of(Seal own) {
        Map<String, String> names = names(own);
        List<PolicyRule> rules = new ArrayList<>(PolicyAnalysis.of(own).rules());
        Set<String> left = new TreeSet<>();
        CatalogFacts facts = CatalogView.facts().of(own);
        Set<String> arguments = PLAYED.stream()
                .flatMap(catalog -> facts.operations(catalog).stream())
                .flatMap(operation -> operation.facts().stream())
                .collect(Collectors.toSet());
        rules.stream()
                .filter(rule ->
                        ABOUT.matcher(rule.source()).results().anyMatch(found -> !PLAYED.contains(found.group(1)))
                                || !arguments.containsAll(arguments(own, rule)))
                .map(PolicyRule::id)
                .forEach(left::add);
        rules.stream()
                .filter(rule -> rule.relaxes().stream().anyMatch(left::contains))
                .map(PolicyRule::id)
                .toList()
                .forEach(left::add);
        rules.removeIf(rule -> left.contains(rule.id()));
        String cedar =
                rules.stream().map(rule -> renamed(rule.source(), names) + "\n").collect(Collectors.joining("\n"));
        return new OwnPolicy(cedar, left, missing(own, facts));
    }

    private static Set<String> arguments(Seal own, PolicyRule rule) {
        Seal alone = own.with(parts -> parts.policies = List.of(new Seal.PolicyText(rule.file(), rule.source())));
        return PolicyAnalysis.of(alone).arguments().stream().map(Fact::readBy).collect(Collectors.toSet());
    }

    private static Map<String, String> names(Seal own) {
        Map<String, String> names = new LinkedHashMap<>();
        own.environments()
                .values()
                .forEach(known -> names.put(
                        "Environment::\"" + known.name() + "\"",
                        "Environment::\"" + (known.isProtected() ? "production" : "staging") + "\""));
        own.agents().values().forEach(agent -> {
            names.put("Agent::\"" + agent.id() + "\"", "Agent::\"jer/cursor\"");
            agent.teams().forEach(team -> names.put("Team::\"" + team + "\"", "Team::\"platform\""));
        });
        own.upstreams().values().stream()
                .filter(upstream -> upstream.catalog().equals("railway"))
                .forEach(upstream -> names.put(
                        "context.upstream == \"" + upstream.name() + "\"", "context.upstream == \"railway\""));
        return names;
    }

    private static String renamed(String source, Map<String, String> names) {
        Pattern any =
                Pattern.compile(names.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")));
        return any.matcher(source)
                .replaceAll(found -> Matcher.quoteReplacement(names.getOrDefault(found.group(), found.group())));
    }

    private static List<String> missing(Seal own, CatalogFacts facts) {
        List<String> missing = new ArrayList<>();
        if (own.environments().values().stream().noneMatch(Seal.Environment::isProtected)) {
            missing.add("No environment is protected, so what nobody has placed counts as harmless.");
        }
        List<Seal.Upstream> data = own.upstreams().values().stream()
                .filter(upstream -> !facts.holdsData(upstream.catalog()).isEmpty())
                .toList();
        data.stream()
                .filter(upstream -> upstream.resolver().isEmpty())
                .forEach(upstream -> missing.add("`" + upstream.name()
                        + "` has no `resolver`, so nobody looks what else a deletion would take with it."));
        if (!data.isEmpty() && own.backups().plans().isEmpty()) {
            missing.add("No plan under `backups` proves a copy that survives the deletion of its original.");
        }
        if (own.undo().isEmpty()) {
            missing.add("Without `undo`, what calls overwrite is not kept.");
        }
        if (own.people().size() < 2) {
            missing.add("There is one person: nobody else can be asked.");
        }
        return missing;
    }

    /** Returns what a person reads before the page. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                "Played: the permits and forbids of your policy. People, credentials, tasks, budgets and sequences are the demo's.");
        if (!left.isEmpty()) {
            lines.add("Not played, about another provider: " + String.join(", ", left) + ".");
        }
        missing.forEach(one -> lines.add("Missing in your policy: " + one));
        return lines;
    }
}
