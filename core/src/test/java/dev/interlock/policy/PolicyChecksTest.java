package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyChecksTest {

    /** Returns a seal without software keys: Maya is the only owner who can sign. */
    private static Seal seal(String... cedar) {
        return Fixtures.seal(cedar).with(parts -> {
            parts.softwareKeys = false;
            parts.people = Map.of(
                    "jer", person("jer", "owners", TestingKey.software().line()),
                    "maya", person("maya", "owners", TestingKey.hardware().line()),
                    "odd", person("odd", "others", "ssh-ed25519 AAAA"),
                    "zoe", new Seal.Person("zoe", Set.of("keyless"), List.of(), Optional.empty()));
        });
    }

    private static Seal.Person person(String name, String group, String key) {
        return new Seal.Person(name, Set.of(group), List.of(key), Optional.empty());
    }

    private static List<String> problems(Seal seal) {
        return PolicyChecks.check(seal, Fixtures.CATALOGS).stream()
                .map(PolicyProblem::toString)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"1, owners, 1", "2, owners, 1", "1, others, 0", "1, keyless, 0", "1, nobody, 0"})
    void aQuorumNeedsEnoughPeopleWithValidKeys(int count, String group, int able) {
        Obligations.Quorum quorum = new Obligations.Quorum(count, group);
        String never = "can never be met: " + able + " of `" + group + "` have a key that the seal accepts";
        List<String> ofPolicies =
                problems(seal("@id(\"a\") @confirm(\"" + quorum + "\") permit (principal, action, resource);"));
        Obligations hold =
                new Obligations(Set.of(quorum), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, false);
        List<String> ofLimits = issues(budget("b", 1, Duration.ofHours(1), Optional.of(hold)));
        if (able >= count) {
            assertThat(ofPolicies).isEmpty();
            assertThat(ofLimits).isEmpty();
        } else {
            assertThat(ofPolicies).singleElement().asString().contains("`@confirm(\"" + quorum + "\")` " + never);
            assertThat(ofLimits).containsExactly("budgets > b > confirm: `" + quorum + "` " + never);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wide | ",
                "wode | there is no policy of this name",
                "read | that policy has no `@confirm`",
                "own | that policy has no `@confirm`",
                "wide, other | that policy relaxes another one itself",
                "Wide! | `@relaxes` is written",
            })
    void aPermitRelaxesOnlyOneThatAsks(String relaxed, @Nullable String problem) {
        List<String> found = problems(seal("""
                @id("wide") @confirm("1 of owners") permit (principal, action, resource);
                @id("other") @confirm("1 of owners") @relaxes("wide") permit (principal, action, resource);
                @id("read") permit (principal, action in Impact::Action::"read", resource);
                @id("own") @relaxes("%s") permit (principal, action in Impact::Action::"write", resource);
                """.formatted(relaxed)));
        if (problem == null) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).singleElement().asString().contains(problem);
        }
    }

    private static SealLimits budget(String name, long atMost, Duration within, Optional<Obligations> hold) {
        SealLimits.ActionSelector writes =
                new SealLimits.ActionSelector(Set.of(Impact.WRITE), Set.of(), Set.of(), Map.of());
        return new SealLimits(
                Map.of(name, new SealLimits.Budget(name, Set.of(), writes, atMost, within, hold)), Map.of());
    }

    private static List<String> issues(SealLimits limits) {
        return LimitRules.check(Fixtures.limited(seal(), limits), Fixtures.CATALOGS).stream()
                .map(SealIssue::toString)
                .toList();
    }

    @Test
    void aLimitIsWithinItsBounds() {
        Duration month = Duration.ofDays(30);
        assertThat(issues(budget("b", 1, Duration.ofSeconds(1), Optional.empty())))
                .isEmpty();
        assertThat(issues(budget("b", 100_000, month, Optional.empty()))).isEmpty();
        for (long most : new long[] {0, 100_001}) {
            assertThat(issues(budget("b", most, month, Optional.empty())))
                    .singleElement()
                    .asString()
                    .startsWith("budgets > b > at-most: a budget must be between 1 and 100000");
        }
        for (Duration within : List.of(Duration.ZERO, month.plusSeconds(1))) {
            assertThat(issues(budget("b", 1, within, Optional.empty())))
                    .containsExactly("budgets > b > within: a window is at most 30 days");
        }
        assertThat(issues(budget("Much", 1, month, Optional.empty())))
                .containsExactly("budgets > Much: name it in lower-case letters, digits and `._-`");
    }

    @Test
    void bothSidesOfASequenceMustExist() {
        SealLimits.ActionSelector sound =
                new SealLimits.ActionSelector(Set.of(Impact.WRITE), Set.of(), Set.of("staging"), Map.of());
        SealLimits.ActionSelector moon =
                new SealLimits.ActionSelector(Set.of(Impact.WRITE), Set.of(), Set.of("moon"), Map.of());
        Duration month = Duration.ofDays(30);
        assertThat(issues(sequence(sound, sound, month))).isEmpty();
        assertThat(issues(sequence(moon, sound, month)))
                .singleElement()
                .asString()
                .startsWith("sequences > s > after > environments: `moon`");
        assertThat(issues(sequence(sound, moon, month)))
                .singleElement()
                .asString()
                .startsWith("sequences > s > environments: `moon`");
        assertThat(issues(sequence(sound, sound, month.plusSeconds(1))))
                .containsExactly("sequences > s > within: a window is at most 30 days");
    }

    private static SealLimits sequence(
            SealLimits.ActionSelector after, SealLimits.ActionSelector selector, Duration within) {
        return new SealLimits(
                Map.of(),
                Map.of("s", new SealLimits.Sequence("s", after, selector, Set.of(), within, Optional.empty())));
    }

    /** A larger set must not escape a prohibition: touching one more resource could permit a refused call. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "when { 3 > context.radius.lost }",
                "when { context.radius.lost <= 3 }",
                "when { !(3 < context.radius.lost) }",
                "when { context.protected && 3 >= context.radius.lost }",
                "when { context has radius.lost && 3 >= context.radius.lost }",
                "unless { context has radius }",
                "when { context.radius.lost * -1 > -4 }",
                "when { -4 < context.radius.lost * -1 }",
                "when { context.radius.lost > context.radius.unsaved }",
                "when { context.radius.lost < context.radius.unsaved }",
                "when { [3].contains(context.radius.lost) }",
                "unless { context.radius.lost > 3 }",
                "unless { 3 < context.radius.lost }",
                "unless { context.radius.lost * -1 < -4 }",
                "unless { context.radius.environments.contains(\"production\") }"
            })
    void aProhibitionDoesNotEndWhereMoreIsLost(String condition) {
        assertThat(problems(seal("@id(\"a\") forbid (principal, action, resource) " + condition + ";")))
                .singleElement()
                .asString()
                .contains("may only test that `context.radius` exceeds");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "when { 3 < context.radius.lost }",
                "when { 3 <= context.radius.lost }",
                "when { context.radius.lost >= 3 }",
                "when { !(context.radius.lost <= 3) }",
                "when { context.protected }",
                "when { context.protected && context.radius.lost > 3 }",
                "when { context.radius.environments.containsAny([\"production\"]) }",
                "unless { 3 > context.radius.lost }",
                "unless { 3 >= context.radius.lost || context.radius.unsaved < 1 }"
            })
    void aProhibitionMayBeginWhereMoreIsLost(String condition) {
        assertThat(problems(seal("@id(\"a\") forbid (principal, action, resource) " + condition + ";")))
                .isEmpty();
    }

    @Test
    void aProblemNamesItsPolicyAndRemedy() {
        assertThat(problems(seal("""
                        @id("good") permit (principal, action, resource);
                        @id("bad") permit (principal, action, resource) when { context.upstraem == "x" };
                        """)))
                .singleElement()
                .asString()
                .startsWith("policy0.cedar:2: policy `bad`: ")
                .contains("; did you mean 'upstream'");
        assertThat(problems(seal("@id(\"a\") permit (principal, action, resource in Resource::\"volume\");")))
                .singleElement()
                .asString()
                .endsWith("a resource is written `provider:type/id`, not `volume`, so it can never fire");
        assertThat(problems(seal("@id(\"a\") permit (principal")))
                .singleElement()
                .asString()
                .matches("policy0\\.cedar:1:27: Cedar cannot read this file: \\S.*");
    }

    /** An operation that a person classified is known from then on, like one of a catalog. */
    @Test
    void classifiedOperationsMayBeNamed() {
        String named = "@id(\"a\") permit (principal, action == Operation::Action::\"railway/newThing\", resource);";
        Seal seal = seal(named);
        assertThat(problems(seal)).singleElement().asString().contains("there is no operation `railway/newThing`");
        assertThat(problems(seal.with(
                        parts -> parts.classify = Map.of(Operation.parse("railway/newThing"), Set.of(Impact.WRITE)))))
                .isEmpty();
    }

    /** A name that ends its own string could declare another operation. */
    @Test
    void aNameThatCedarCouldMisreadIsNotDeclared() {
        for (String odd : List.of("a\"b", "a\\b", "a b", "a\u007fb", "a\u00e9b")) {
            CatalogFacts facts = Fixtures.facts(
                    Map.of("railway", Map.of(odd, Set.of(Impact.READ), "!plain~", Set.of(Impact.READ))),
                    Fixtures.CATALOGS.digests());
            assertThat(facts.nameable(seal())).containsExactly("railway/!plain~");
        }
        assertThat(CedarSchema.of(Set.of("railway/x"), Set.of()))
                .contains("\"railway/x\"")
                .doesNotContain("\"unknown\"");
        assertThat(CedarSchema.representativeOperations(Set.of("a", "b"), Set.of("a", "c")))
                .containsExactly("a", "b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"45s", "90s", "10m", "90m", "24m", "1h", "25h", "1d", "90d"})
    void aDurationReadsBackAsWritten(String text) {
        assertThat(Durations.read(text).map(Durations::write)).contains(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "1", "s", "-1s", "1w", "1.5h", "01h", "1000000s", " 1s", "1S"})
    void malformedDurationsAreRefused(String text) {
        assertThat(Durations.read(text)).isEmpty();
    }

    @Test
    void thePermitForBranchesByTheApiIsSound() throws IOException {
        String page = Files.readString(Path.of("../docs/policy.md"));
        int start = page.indexOf("@id(\"branches-by-the-api\")");
        String permit = page.substring(start, page.indexOf("```", start));
        String asked = """
                @id("an-owner-is-asked-in-staging")
                @confirm("1 of owners")
                permit (principal in Team::"platform", action, resource in Environment::"staging");
                """;
        Seal github = seal(asked, permit).with(parts -> parts.catalogs = Map.of("github", "00".repeat(32)));
        assertThat(PolicyChecks.check(github, BuiltIn.FACTS)).isEmpty();
    }
}
