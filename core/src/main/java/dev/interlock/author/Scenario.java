package dev.interlock.author;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.evidence.Keyword;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One scenario test of a policy.
 *
 * @param line the line of {@code file} on which it begins
 * @param task the template of the agent's lease, if it has one
 * @param lease the lease's scope, where it differs from the template's
 * @param released the calls that the same lease made just before
 * @param upstream the upstream, if it matters
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
        List<ScenarioCall> released,
        Optional<String> upstream,
        ScenarioCall call,
        ExpectedVerdict expect,
        Optional<Set<Quorum>> confirm,
        Optional<String> because) {

    /**
     * A call.
     *
     * @param impacts the operation's impacts; empty for those of the catalog
     * @param touches the resources that it touches, with their places
     */
    record ScenarioCall(
            Operation operation,
            Set<Impact> impacts,
            Optional<Reversibility> reversibility,
            List<Placement> touches,
            SortedMap<String, String> facts,
            long times) {}

    /** Maximum repetitions. A higher number only takes longer: no budget is as large. */
    private static final long MAX_TIMES = 10_000;

    enum ExpectedVerdict implements Keyword {
        PERMIT,
        HOLD,
        REFUSE;

        static ExpectedVerdict of(String word) {
            return Keyword.find(ExpectedVerdict.class, word)
                    .orElseThrow(() -> new IllegalArgumentException("write `permit`, `hold` or `refuse`"));
        }
    }

    private record ScenarioFile(List<Test> tests) {}

    private record Test(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) Given given,
            @JsonProperty(required = true) Call when,
            @JsonProperty(required = true) ExpectedVerdict expect,
            Optional<String> confirm,
            Optional<String> because) {}

    private record Given(
            @JsonProperty(required = true) String agent,
            Optional<String> task,
            Optional<Lease> lease,
            List<Call> released) {}

    private record Lease(
            @JsonProperty(required = true) SortedSet<String> environments,
            SortedSet<Impact> impacts,
            SortedSet<Resource> resources) {

        HypotheticalAttempt.LeaseScope scope() {
            if (environments.isEmpty() || impacts.isEmpty()) {
                throw new IllegalArgumentException("a lease names at least one environment and one impact");
            }
            return new HypotheticalAttempt.LeaseScope(environments, impacts, resources);
        }
    }

    private record Touched(
            @JsonProperty(required = true) Resource resource,
            @JsonProperty(required = true) SortedSet<String> environments,
            SortedSet<Resource> groups) {}

    /** A call that is tried, with {@code upstream}, or was released before, with {@code times}. */
    private record Call(
            Optional<String> upstream,
            @JsonProperty(required = true) Operation operation,
            SortedSet<Impact> impacts,
            Optional<Reversibility> reversibility,
            Optional<Boolean> known,
            List<Touched> touches,
            Optional<Resource> resource,
            SortedSet<String> environments,
            SortedSet<Resource> groups,
            Map<String, String> facts,
            Optional<Long> times) {

        ScenarioCall call(boolean isReleased) {
            if (isReleased ? upstream.isPresent() : times.isPresent()) {
                throw new IllegalArgumentException(
                        isReleased ? "`upstream` is not for `released`" : "`times` is for `released` alone");
            }
            if (times.filter(count -> count > MAX_TIMES).isPresent()) {
                throw new IllegalArgumentException("`times` is at most " + MAX_TIMES);
            }
            return new ScenarioCall(
                    operation, impacts, reversibility, placements(), new TreeMap<>(facts), times.orElse(1L));
        }

        private List<Placement> placements() {
            boolean namesOne = resource.isPresent() || !environments.isEmpty() || !groups.isEmpty();
            if (namesOne && !touches.isEmpty()) {
                throw new IllegalArgumentException(
                        "write either `touches`, or `resource` with its `environments` and `groups`");
            }
            List<Touched> touched = touches.isEmpty()
                    ? List.of(new Touched(
                            resource.orElseThrow(() -> new IllegalArgumentException(
                                    "a call touches a resource; add `resource`, or `touches` for several")),
                            environments,
                            groups))
                    : touches;
            Map<Resource, Placement> placements = new TreeMap<>();
            for (Touched one : touched) {
                if (one.environments().isEmpty()) {
                    throw new IllegalArgumentException("every resource needs an environment; name it");
                }
                placements.put(
                        one.resource(),
                        new Placement(
                                one.resource(),
                                one.environments(),
                                one.groups(),
                                Provenance.SEALED,
                                known.orElse(true)));
            }
            return List.copyOf(placements.values());
        }
    }

    static List<Scenario> read(String file, String text) {
        PolicyYaml<ScenarioFile> yaml = PolicyYaml.read(file, text, ScenarioFile.class);
        return yaml.each("tests", yaml.value().tests(), (path, test) -> scenario(file, yaml, path, test));
    }

    private static Scenario scenario(String file, PolicyYaml<ScenarioFile> yaml, String path, Test test) {
        Given given = test.given();
        Call when = test.when();
        if (given.task().isEmpty() && given.lease().isEmpty()) {
            throw new IllegalArgumentException(
                    "`given` needs `task` for a lease by its template, `lease` for a lease that people signed, or both");
        }
        return new Scenario(
                file,
                yaml.line(path),
                test.name(),
                given.agent(),
                given.task(),
                yaml.at(path + " > given > lease", () -> given.lease().map(Lease::scope)),
                yaml.each(path + " > given > released", given.released(), (_, said) -> said.call(true)),
                when.upstream(),
                yaml.at(path + " > when", () -> when.call(false)),
                test.expect(),
                yaml.at(path + " > confirm", () -> test.confirm().map(Scenario::quorums)),
                test.because());
    }

    private static Set<Quorum> quorums(String text) {
        Set<Quorum> quorums = new TreeSet<>();
        for (String part : text.split(", ", -1)) {
            quorums.add(PolicyYaml.quorum(part));
        }
        return quorums;
    }
}
