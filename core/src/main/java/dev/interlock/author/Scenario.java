package dev.interlock.author;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.evidence.Keyword;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One scenario test of a policy.
 *
 * @param file the file that holds it
 * @param line the line on which it begins
 * @param name describes the scenario
 * @param agent the agent that acts
 * @param task the template of its lease, if it has one
 * @param lease the lease's scope, where it differs from the template's
 * @param released the calls that the same lease made just before
 * @param upstream the upstream, if it matters
 * @param operation the operation that is tried
 * @param impacts the operation's impacts; empty for those of the catalog
 * @param reversibility whether it can be undone
 * @param touches the resources that it touches, with their places
 * @param expect {@code permit}, {@code hold} or {@code refuse}
 * @param confirm the quorums that would have to confirm, if that is tested
 * @param because text that the reason of a refusal must contain, if that is tested
 */
record Scenario(
        String file,
        int line,
        String name,
        String agent,
        Optional<String> task,
        Optional<HypotheticalAttempt.LeaseScope> lease,
        List<EarlierCalls> released,
        Optional<String> upstream,
        Operation operation,
        Set<Impact> impacts,
        Reversibility reversibility,
        List<Placement> touches,
        ExpectedVerdict expect,
        Optional<Set<Quorum>> confirm,
        Optional<String> because) {

    /**
     * Calls that passed before.
     *
     * @param times the number of times
     */
    record EarlierCalls(
            Operation operation,
            Set<Impact> impacts,
            Reversibility reversibility,
            List<Placement> touches,
            long times) {}

    /** Maximum repetitions. A higher number only takes longer: no budget is as large. */
    private static final long MAX_TIMES = 10_000;

    /** The possible verdicts. */
    enum ExpectedVerdict implements Keyword {
        PERMIT,
        HOLD,
        REFUSE;

        static ExpectedVerdict of(String word) {
            return Keyword.find(ExpectedVerdict.class, word)
                    .orElseThrow(() -> new IllegalArgumentException("write `permit`, `hold` or `refuse`"));
        }
    }

    /**
     * Reads a file of scenarios.
     *
     * @throws PolicyProblemException if it differs from the format in any way
     */
    static List<Scenario> read(String file, String text) {
        YamlSection root = YamlSection.root(file, Yaml.read(file, text), new HashMap<>());
        List<Scenario> scenarios = new ArrayList<>();
        for (YamlSection sheet : root.sheets("tests")) {
            scenarios.add(scenario(file, sheet));
            sheet.end();
        }
        root.end();
        return scenarios;
    }

    private static Scenario scenario(String file, YamlSection sheet) {
        YamlSection given = sheet.sheet("given");
        YamlSection when = sheet.sheet("when");
        Scenario scenario = new Scenario(
                file,
                sheet.line(),
                sheet.text("name"),
                given.text("agent"),
                given.optionalText("task"),
                given.optionalSheet("lease").map(Scenario::cover),
                given.sheets("released").stream().map(Scenario::released).toList(),
                when.optionalText("upstream"),
                when.value("operation", Operation::parse),
                new TreeSet<>(when.values("impacts", Impact::of)),
                worst(when),
                touches(when),
                sheet.value("expect", ExpectedVerdict::of),
                sheet.optionalText("confirm").isPresent()
                        ? Optional.of(sheet.value("confirm", Scenario::quorums))
                        : Optional.empty(),
                sheet.optionalText("because"));
        given.end();
        when.end();
        if (scenario.task.isEmpty() && scenario.lease.isEmpty()) {
            throw given.problem(
                    "write `task` for a lease by its template, `lease` for a lease that people signed," + " or both");
        }
        return scenario;
    }

    private static EarlierCalls released(YamlSection sheet) {
        EarlierCalls released = new EarlierCalls(
                sheet.value("operation", Operation::parse),
                new TreeSet<>(sheet.values("impacts", Impact::of)),
                worst(sheet),
                touches(sheet),
                sheet.find("times").isPresent() ? sheet.count("times") : 1);
        if (released.times() > MAX_TIMES) {
            throw sheet.problem("`times` is at most " + MAX_TIMES);
        }
        sheet.end();
        return released;
    }

    private static Reversibility worst(YamlSection sheet) {
        return sheet.optionalText("reversibility").isPresent()
                ? sheet.value("reversibility", Scenario::reversibility)
                : Reversibility.IRREVERSIBLE;
    }

    private static HypotheticalAttempt.LeaseScope cover(YamlSection sheet) {
        HypotheticalAttempt.LeaseScope cover = new HypotheticalAttempt.LeaseScope(
                new TreeSet<>(sheet.texts("environments")),
                new TreeSet<>(sheet.values("impacts", Impact::of)),
                new TreeSet<>(sheet.values("resources", Resource::parse)));
        sheet.end();
        if (cover.environments().isEmpty() || cover.impacts().isEmpty()) {
            throw sheet.problem("a lease names at least one environment and one impact");
        }
        return cover;
    }

    /** Reads either one resource with its environments, or a list of them under {@code touches}. */
    private static List<Placement> touches(YamlSection when) {
        boolean known = when.flag("known", true);
        Map<Resource, Placement> touches = new TreeMap<>();
        List<YamlSection> touched = new ArrayList<>(when.sheets("touches"));
        if (touched.isEmpty()) {
            touched.add(when);
        }
        for (YamlSection sheet : touched) {
            Set<String> environments = new TreeSet<>(sheet.texts("environments"));
            if (environments.isEmpty()) {
                throw sheet.problem("every resource needs an environment; name it");
            }
            Resource resource = sheet.value("resource", Resource::parse);
            Set<Resource> groups = new TreeSet<>(sheet.values("groups", Resource::parse));
            touches.put(resource, new Placement(resource, environments, groups, Provenance.SEALED, known));
            if (sheet != when) {
                sheet.end();
            }
        }
        return List.copyOf(touches.values());
    }

    private static Reversibility reversibility(String word) {
        for (Reversibility reversibility : Reversibility.values()) {
            if (reversibility.word().equals(word)) {
                return reversibility;
            }
        }
        throw new IllegalArgumentException("write `reversible`, `recoverable` or `irreversible`");
    }

    private static Set<Quorum> quorums(String text) {
        Set<Quorum> quorums = new TreeSet<>();
        for (String part : text.split(", ", -1)) {
            quorums.add(Quorum.parse(part));
        }
        return quorums;
    }
}
