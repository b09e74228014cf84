package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Fuzzes the patterns with which policies read arguments. No exception at all may come out: a mistake is a problem in a
 * list, and anything else refuses.
 */
class ArgumentPatternFuzzTest {

    private static final String NAME = "path";
    private static final Operation READ = Operation.parse("railway/project");
    private static final String EVERYTHING = "@id(\"all\") permit (principal, action, resource);";
    private static final String ASKS =
            "context has argument && context.argument has path && context.argument.path like ";
    private static final Placement PLACE = Fixtures.place("railway:volume/v1", "staging");
    private static final CatalogFacts CATALOGS = catalogs();

    /** Long enough for every form of condition. Cedar reads nested ones recursively. */
    private static final int MAX_CONDITION = 400;

    private static final int MAX_VALUES = 4;

    private static CatalogFacts catalogs() {
        return Fixtures.with(
                Fixtures.CATALOGS,
                Fixtures.summary(
                        READ.provider(),
                        READ.name(),
                        Set.of(Impact.READ),
                        Set.of(Impact.READ),
                        Reversibility.RECOVERABLE,
                        Set.of(Fact.ARGUMENT + NAME, Fact.ARGUMENT + "body.ref")));
    }

    /**
     * The first line is a pattern, in which a backslash makes the next character literal. Each other line is a value.
     */
    private record Case(List<String> pattern, List<String> values) {

        private static final String STAR = "*";

        static Case of(byte[] input) {
            List<String> lines = new String(input, StandardCharsets.UTF_8)
                    .lines()
                    .limit(MAX_VALUES + 1)
                    .toList();
            List<String> pattern = new ArrayList<>();
            String first = lines.isEmpty() ? "" : lines.getFirst();
            for (int i = 0; i < first.length(); i += Character.charCount(first.codePointAt(i))) {
                boolean literal = first.charAt(i) == '\\' && i + 1 < first.length();
                if (literal) {
                    i++;
                }
                String letter = Character.toString(first.codePointAt(i));
                pattern.add(letter.equals(STAR) && literal ? "\\*" : letter);
            }
            return new Case(pattern, lines.stream().skip(1).toList());
        }

        String cedar() {
            return pattern.stream()
                    .map(letter -> letter.equals(STAR) || letter.equals("\\*")
                            ? letter
                            : "\\u{" + Integer.toHexString(letter.codePointAt(0)) + "}")
                    .collect(Collectors.joining("", "\"", "\""));
        }

        boolean fits(String value) {
            return fits(0, value.codePoints().toArray(), 0);
        }

        private boolean fits(int at, int[] value, int from) {
            if (at == pattern.size()) {
                return from == value.length;
            }
            String letter = pattern.get(at);
            if (letter.equals(STAR)) {
                return fits(at + 1, value, from) || (from < value.length && fits(at, value, from + 1));
            }
            int wanted = letter.equals("\\*") ? '*' : letter.codePointAt(0);
            return from < value.length && value[from] == wanted && fits(at + 1, value, from + 1);
        }

        /** Returns whether matching stays short: this test's way of it doubles with each star. */
        boolean isSmall() {
            return pattern.stream().filter(STAR::equals).count() <= 4
                    && pattern.size() <= 40
                    && values.stream().allMatch(value -> value.length() <= 60);
        }
    }

    private static Seal seal(String... policies) {
        return Fixtures.seal(policies);
    }

    private static ResolvedAttempt attempt(List<String> values) {
        return Fixtures.resolved(
                Fixtures.wide(),
                List.of(Fixtures.action(READ.toString(), Set.of(Impact.READ), PLACE)
                        .withFacts(values.stream()
                                .map(value -> new Fact(Fact.ARGUMENT + NAME, value, Provenance.CLAIMED))
                                .toList())),
                PLACE);
    }

    private static String list(List<String> values) {
        return new Json.Array(values.stream().<Json>map(Json.Text::new).toList()).canonicalText();
    }

    /** A forbid finds each of several values, and a permit covers none that its pattern does not fit. */
    @FuzzTest
    void everyValueIsJudgedByItself(byte[] input) {
        Case some = Case.of(input);
        if (!some.isSmall() || some.values().isEmpty()) {
            return;
        }
        Policies policies = new Policies(_ -> "");
        String forbid = "@id(\"not\") forbid (principal, action, resource) when { " + ASKS + some.cedar() + " };";
        String permit = "@id(\"only\") permit (principal, action, resource) when { " + ASKS + some.cedar() + " };";
        if (!DraftSeals.problems(seal(EVERYTHING, forbid), CATALOGS).isEmpty()) {
            // Cedar objects to mixed scripts and invisible characters, so nobody can seal this pattern.
            assertThat(some.pattern()).anyMatch(letter -> letter.codePointAt(0) < ' ' || letter.codePointAt(0) > '~');
            return;
        }
        Seal forbidding = seal(EVERYTHING, forbid);
        List<Verdict> forbidden = forms(some.values()).stream()
                .map(values -> policies.decide(forbidding, attempt(values)))
                .toList();
        Seal permitting = seal(permit);
        List<Verdict> permitted = forms(some.values()).stream()
                .map(values -> policies.decide(permitting, attempt(values)))
                .toList();
        boolean any = some.values().stream().anyMatch(some::fits);
        boolean all = some.values().stream().allMatch(some::fits);
        if (any) {
            assertThat(forbidden).as("%s", some).allMatch(Verdict.Refuse.class::isInstance);
        }
        if (!all) {
            assertThat(permitted).as("%s", some).allMatch(Verdict.Refuse.class::isInstance);
        }
        if (some.values().stream().allMatch(ArgumentPatternFuzzTest::isPlain)) {
            if (!any) {
                assertThat(forbidden.getFirst())
                        .as("%s", some)
                        .matches(ArgumentPatternFuzzTest::isPermittedOrUnanswered);
            }
            if (all) {
                assertThat(permitted.getFirst())
                        .as("%s", some)
                        .matches(ArgumentPatternFuzzTest::isPermittedOrUnanswered);
            }
        }
    }

    /** Returns whether {@code value} has one reading, which is known completely. */
    private static boolean isPlain(String value) {
        return !value.startsWith("[") && !value.startsWith("{") && Fact.isWhole(value) && Json.Text.isScalar(value);
    }

    /** Returns the ways to send {@code values}: each as a fact, and all as one list. */
    private static List<List<String>> forms(List<String> values) {
        return List.of(values, List.of(list(values)));
    }

    /** While fuzzing, the engine may have no room for another set of policies. */
    private static boolean isPermittedOrUnanswered(Verdict verdict) {
        return verdict instanceof Verdict.Permit
                || (verdict instanceof Verdict.Refuse(VerdictReasons _, Refusal refusal)
                        && refusal.kind() == Refusal.Kind.UNAVAILABLE);
    }

    /** One more value never turns a refusal into a permit. */
    @FuzzTest
    void oneMoreValueNeverWidens(byte[] input) {
        Case some = Case.of(input);
        if (!some.isSmall() || some.values().size() < 2) {
            return;
        }
        Policies policies = new Policies(_ -> "");
        Seal seal = seal(
                EVERYTHING, "@id(\"not\") forbid (principal, action, resource) when { " + ASKS + some.cedar() + " };");
        Verdict fewer = policies.decide(
                seal, attempt(some.values().subList(0, some.values().size() - 1)));
        Verdict more = policies.decide(seal, attempt(some.values()));
        assertThat(fewer instanceof Verdict.Refuse && more instanceof Verdict.Permit)
                .as("%s", some)
                .isFalse();
    }

    /** Any condition is sealed or refused with a problem. If it is sealed, it decides. */
    @FuzzTest
    void anyConditionIsReadOrRefused(byte[] input) {
        String condition = new String(input, StandardCharsets.UTF_8);
        if (condition.length() > MAX_CONDITION) {
            return;
        }
        Seal seal = seal(EVERYTHING, "@id(\"not\") forbid (principal, action, resource) when { " + condition + " };");
        if (DraftSeals.problems(seal, CATALOGS).isEmpty()) {
            PolicyAnalysis.of(seal).comparedArguments();
            assertThat(new Policies(_ -> "").decide(seal, attempt(List.of("a", "[\"b\"]"))))
                    .isNotNull();
        }
    }

    /** Any name is a fact of the operation, or is named as none. */
    @FuzzTest
    void anyNameIsKnownOrObjectedTo(byte[] input) {
        String name = new String(input, StandardCharsets.UTF_8);
        boolean known = name.equals(Fact.ARGUMENT + NAME) || name.equals(Fact.ARGUMENT + "body.ref");
        assertThat(FactNames.objection(CATALOGS, READ, name).isEmpty()).isEqualTo(known);
    }
}
