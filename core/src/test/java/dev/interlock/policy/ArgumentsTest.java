package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests that policies read the arguments of each action, and that what they cannot read is refused. */
class ArgumentsTest {

    private static final String REF = "argument.body.ref";
    private static final String ANY = "@id(\"any\") permit (principal, action, resource);";
    private static final String AGENTS_BRANCHES = """
            @id("agents-branches")
            permit (principal, action, resource)
            when { context.argument has "body.ref" && context.argument["body.ref"] like "refs/heads/agent/*" };""";
    private static final String NO_KEYS = """
            @id("no-keys")
            forbid (principal, action, resource)
            when { context.argument has path && context.argument.path like "*.pem" };""";

    private static final Placement PLACE = Fixtures.place("railway:project/p", "staging");

    private final Policies policies = new Policies(_ -> "");

    private static Fact argument(String name, String value) {
        return new Fact(name, value, Provenance.CLAIMED);
    }

    private static Action action(Fact... facts) {
        return Fixtures.action("railway/project", Set.of(Impact.READ), PLACE).withFacts(List.of(facts));
    }

    private Verdict decide(String policy, Action... actions) {
        ResolvedAttempt attempt = Fixtures.resolved(Fixtures.wide(), List.of(actions), PLACE);
        return policies.decide(Fixtures.seal(policy), attempt);
    }

    private boolean permits(String policy, Action... actions) {
        return decide(policy, actions) instanceof Verdict.Permit;
    }

    private String refusal(String policy, Action... actions) {
        return ((Verdict.Refuse) decide(policy, actions)).refusal().reason();
    }

    @Test
    void aPermitCoversOnlyTheValuesThatItsPatternFits() {
        assertThat(permits(AGENTS_BRANCHES, action(argument(REF, "refs/heads/agent/x"))))
                .isTrue();
        assertThat(refusal(AGENTS_BRANCHES, action(argument(REF, "refs/heads/main"))))
                .isEqualTo("No policy permits `read` on `railway:project/p` in `staging`, where `body.ref` is"
                        + " `refs/heads/main`.");
        assertThat(permits(AGENTS_BRANCHES, action()))
                .as("without the argument")
                .isFalse();
    }

    @Test
    void aForbidStopsTheValuesThatItsPatternFits() {
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", "src/Main.java"))))
                .isTrue();
        assertThat(permits(ANY + NO_KEYS, action()))
                .as("an action without a path")
                .isTrue();
        assertThat(refusal(ANY + NO_KEYS, action(argument("argument.path", "keys/server.pem"))))
                .startsWith("The policy `no-keys` forbids");
    }

    @Test
    void everyActionIsDecidedByItsOwnArguments() {
        Action fine = action(argument(REF, "refs/heads/agent/x"));
        Action other = action(argument(REF, "refs/heads/main"));
        assertThat(permits(AGENTS_BRANCHES, fine, fine)).isTrue();
        assertThat(permits(AGENTS_BRANCHES, fine, other)).isFalse();
        assertThat(permits(AGENTS_BRANCHES, other, fine)).isFalse();
        assertThat(permits(AGENTS_BRANCHES, fine, action())).isFalse();
    }

    @Test
    void everyValueOfAnArgumentMustBePermitted() {
        Fact fine = argument("argument.path", "a.txt");
        Fact key = argument("argument.path", "b.pem");
        assertThat(permits(ANY + NO_KEYS, action(fine, fine))).isTrue();
        assertThat(permits(ANY + NO_KEYS, action(fine, key))).isFalse();
        assertThat(permits(ANY + NO_KEYS, action(key, fine))).isFalse();
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", "[\"a.txt\",\"b.txt\"]"))))
                .isTrue();
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", "[\"a.txt\",\"b.pem\"]"))))
                .as("an item of a list")
                .isFalse();
    }

    /** A text with brackets is forwarded as such. If its items counted alone, it would pass as one of them. */
    @Test
    void aTextThatLooksLikeAListIsReadAsTextToo() {
        assertThat(permits(AGENTS_BRANCHES, action(argument(REF, "[\"refs/heads/agent/x\"]"))))
                .isFalse();
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", "[draft] notes"))))
                .isTrue();
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", "{draft}.pem"))))
                .isFalse();
    }

    /** Without the argument no forbid would match. */
    @Test
    void whatCannotBeReadCompletelyIsRefusedByEveryPolicyThatReadsIt() {
        for (String unclear : List.of(
                Fact.shortened("x".repeat(Fact.MAX_TEXT) + ".pem"),
                Fact.shortened("refs/heads/agent/" + "x".repeat(Fact.MAX_TEXT)),
                "{\"a\":\"refs/heads/agent/x\"}",
                "{}",
                "[[\"a\"]]",
                "[{\"a\":1}]",
                "[1.5]",
                "[".repeat(1_001) + "]".repeat(1_001),
                "[\"\\ud83d\"]",
                "refs/heads/agent/\ud83d")) {
            for (String policy : List.of(
                    AGENTS_BRANCHES,
                    ANY + AGENTS_BRANCHES,
                    ANY
                            + NO_KEYS.replace(" has path", " has \"body.ref\"")
                                    .replace("argument.path", "argument[\"body.ref\"]"))) {
                assertThat(refusal(policy, action(argument(REF, unclear))))
                        .as("%s under %s", unclear, policy)
                        .contains("could not be evaluated", "`body.ref`");
            }
            assertThat(permits(ANY + NO_KEYS, action(argument(REF, unclear))))
                    .as("nobody reads it")
                    .isTrue();
            assertThat(permits(
                            ANY
                                    + NO_KEYS.replace(
                                                    "action,", "action == Operation::Action::\"railway/volumeDelete\",")
                                            .replace("path", "ref"),
                            action(argument("argument.ref", unclear))))
                    .as("only for another operation")
                    .isTrue();
        }
    }

    @Test
    void aLongTextThatPeopleSeeToItsEndIsRead() {
        String longer = "x".repeat(3_000);
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", longer))))
                .isTrue();
        assertThat(permits(ANY + NO_KEYS, action(argument("argument.path", longer + ".pem"))))
                .isFalse();
    }

    /** The other facts are the catalog's and the provider's, and none of them is forwarded. */
    @Test
    void onlyWhatTheAgentSendsIsAnArgument() {
        for (Provenance provenance : Provenance.values()) {
            assertThat(permits(AGENTS_BRANCHES, action(new Fact(REF, "refs/heads/agent/x", provenance))))
                    .isEqualTo(provenance == Provenance.CLAIMED);
        }
        assertThat(permits(AGENTS_BRANCHES, action(argument("outline.body.ref", "refs/heads/agent/x"))))
                .isFalse();
    }

    @Test
    void tooManyValuesAreRefused() {
        List<Fact> facts = new ArrayList<>();
        IntStream.range(0, 100).forEach(i -> {
            facts.add(argument("argument.path", "p" + i));
            facts.add(argument(REF, "refs/heads/agent/" + i));
        });
        Action many = action(facts.toArray(Fact[]::new));
        assertThat(permits(ANY, many)).as("nobody reads them").isTrue();
        assertThat(permits(ANY + NO_KEYS, many)).isTrue();
        assertThat(refusal(ANY + NO_KEYS + AGENTS_BRANCHES, many)).contains("more values of arguments");
    }

    private static List<String> problems(String policy) {
        Seal seal = Fixtures.seal(policy).with(parts -> parts.catalogs = Map.of("github", "00".repeat(32)));
        return PolicyChecks.check(seal, BuiltIn.FACTS).stream()
                .map(PolicyProblem::message)
                .toList();
    }

    private static String head(String action, String condition) {
        return "@id(\"p\") forbid (principal, " + action + ", resource) when { " + condition + " };";
    }

    private static String reads(String name) {
        return "context.argument has \"" + name + "\" && context.argument[\"" + name + "\"] like \"*x\"";
    }

    @Test
    void anArgumentThatNoCoveredOperationHasIsAMistake() {
        String createRef = "action == Operation::Action::\"github/git/create-ref\"";
        assertThat(problems(head(createRef, reads("body.ref")))).isEmpty();
        assertThat(problems(head("action", reads("body.ref")))).isEmpty();
        assertThat(problems(head("action in Impact::Action::\"execute\"", reads("body.ref"))))
                .isEmpty();
        assertThat(problems(head(createRef, reads("body.reff"))))
                .singleElement()
                .satisfies(problem -> assertThat(problem)
                        .contains(
                                "an argument `body.reff`",
                                "`github/git/create-ref` has `body.ref`, `body.sha`, `owner`"));
        assertThat(problems(head(createRef, reads("body.branch"))))
                .as("another operation's argument")
                .isNotEmpty();
        assertThat(problems(head("action", reads("body.reff")))).isNotEmpty();
        assertThat(problems(head("action in Impact::Action::\"read\"", reads("body.ref"))))
                .as("no operation that only reads has it")
                .isNotEmpty();
        assertThat(problems(head("action", "!(" + reads("body.reff") + ")"))).isNotEmpty();
        assertThat(problems(head("action", "context has argument.reff"))).isNotEmpty();
        assertThat(problems(head("action", "context has argument.ref && context.argument.ref == \"x\"")))
                .isEmpty();
    }

    @Test
    void aPolicyAsksWhetherAnArgumentIsThere() {
        assertThat(problems(head("action", "context.argument[\"body.ref\"] like \"*x\"")))
                .isNotEmpty();
        assertThat(problems(head("action", "context.argument has \"body.ref\" || " + reads("body.ref"))))
                .isEmpty();
    }

    @Test
    void aPolicyAsksHowManyThereAre() {
        String few = """
                @id("few") forbid (principal, action, resource)
                when { context.counts has recipients && context.counts.recipients > 3 };""";
        assertThat(permits(ANY + few, action(count("3")))).isTrue();
        assertThat(permits(ANY + few, action(count("24")))).isFalse();
        assertThat(permits(ANY + few, action())).isTrue();
        assertThat(refusal(ANY + few, action(count(Fact.UNCOUNTED))))
                .as("a number that nobody knows")
                .contains("counts.recipients");
        assertThat(permits(ANY + few, action(new Fact("count.recipients", "24", Provenance.CLAIMED))))
                .as("only the gateway counts")
                .isTrue();
    }

    private static Fact count(String number) {
        return new Fact(Fact.COUNT + "recipients", number, Provenance.RESOLVED);
    }

    @Test
    void aQuantityThatNoCoveredOperationHasIsAMistake() {
        String updateRef = "action == Operation::Action::\"github/git/update-ref\"";
        assertThat(problems(head(updateRef, "context.counts has lost && context.counts.lost > 0")))
                .isEmpty();
        assertThat(problems(head(updateRef, "context.counts has lots && context.counts.lots > 0")))
                .anyMatch(problem -> problem.contains("a quantity `lots`"));
        assertThat(problems(head(updateRef, "context.counts.lost > 0"))).isNotEmpty();
        assertThat(problems(head(updateRef, "context.counts == {}"))).isNotEmpty();
    }

    @Test
    void theRecordItselfCannotBeCompared() {
        assertThat(problems(head("action", "context.argument == {}")))
                .anyMatch(problem -> problem.contains("name each"));
        assertThat(problems(head("action", "context.argument == context.argument")))
                .isNotEmpty();
    }
}
