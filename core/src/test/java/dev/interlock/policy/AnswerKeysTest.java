package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.testing.Fixtures;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnswerKeysTest {

    private static final Placement VOLUME = Fixtures.place("railway:volume/v", "staging");

    private final CountingEngine engine = new CountingEngine();
    private final Policies policies = new Policies(_ -> "", engine);

    private boolean permits(Seal seal, Lease lease, Placement place) {
        return policies.decide(seal, Fixtures.one(lease, "railway/project", Set.of(Impact.READ), place))
                instanceof Verdict.Permit;
    }

    @Test
    void theSameQuestionIsEvaluatedOnceWhateverDoesNotMatter() {
        StringBuilder cedar = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            cedar.append("@id(\"p" + i + "\") permit (principal == Agent::\"bot/" + i
                    + "\", action, resource in Environment::\"staging\");");
        }
        cedar.append("@id(\"ours\") permit (principal in Team::\"platform\", action, resource);");
        Seal seal = Fixtures.seal(cedar.toString());
        assertThat(permits(seal, Fixtures.wide(), VOLUME)).isTrue();
        assertThat(permits(seal, Fixtures.wide(), Fixtures.place("railway:volume/other", "staging")))
                .isTrue();
        assertThat(engine.calls).hasValue(1);
    }

    @Test
    void answersAreNotCachedAcrossReadTraits() {
        Seal seal = Fixtures.seal("""
                @id("own") permit (principal, action, resource)
                when { resource.kind == "volume" && context.lease.narrowed };""");
        Lease narrowed = Fixtures.lease(
                Set.of("staging"),
                Fixtures.ALL_IMPACTS,
                Set.of(VOLUME.resource(), Resource.parse("railway:service/s")));
        assertThat(permits(seal, narrowed, VOLUME)).isTrue();
        assertThat(permits(seal, Fixtures.wide(), VOLUME)).isFalse();
        assertThat(permits(seal, narrowed, Fixtures.place("railway:service/s", "staging")))
                .isFalse();
        assertThat(engine.calls).hasValue(3);
    }

    @Test
    void everyTraitThatIsReadIsInTheKey() {
        long seed = new Random().nextLong();
        RandomQuestions questions = new RandomQuestions(new Random(seed));
        for (Trait trait : Trait.ALL) {
            Map<TraitValue, String> keys = new HashMap<>();
            for (int i = 0; i < 3_000; i++) {
                PolicyRequest asked = questions.asked();
                keys.put(trait.of(asked), AnswerKeys.key(new BitSet(), Set.of(trait), asked));
            }
            assertThat(keys.size()).as("%s, seed %d", trait, seed).isGreaterThan(1);
            assertThat(Set.copyOf(keys.values())).as("%s, seed %d", trait, seed).hasSameSizeAs(keys.keySet());
        }
    }

    @Test
    void cacheKeysAreUnambiguous() {
        assertThat(written(new TraitValue.TextValue("a"), new TraitValue.TextValue("b1:c")))
                .isNotEqualTo(written(new TraitValue.TextValue("a1:b"), new TraitValue.TextValue("c")));
        assertThat(written(new TraitValue.TextsValue(List.of("a", "b")), new TraitValue.TextsValue(List.of())))
                .isNotEqualTo(
                        written(new TraitValue.TextsValue(List.of("a")), new TraitValue.TextsValue(List.of("b"))));
        assertThat(written(new TraitValue.AmountValue(1), new TraitValue.AmountValue(23)))
                .isNotEqualTo(written(new TraitValue.AmountValue(12), new TraitValue.AmountValue(3)));
        assertThat(written(new TraitValue.AbsentValue())).isNotEqualTo(written(new TraitValue.TextValue("?")));
    }

    private static String written(TraitValue... data) {
        StringBuilder key = new StringBuilder();
        List.of(data).forEach(datum -> datum.write(key));
        return key.toString();
    }

    @Test
    void theGroupsOfAResourceAndTheTeamsOfAnAgentAreInTheKey() {
        Seal seal = Fixtures.seal("""
                @id("all") permit (principal, action, resource);
                @id("never") forbid (principal in Team::"platform", action, resource in Resource::"railway:project/p");""");
        Placement inside = new Placement(
                VOLUME.resource(),
                Set.of("staging"),
                Set.of(Resource.parse("railway:project/p")),
                Provenance.SEALED,
                true);
        assertThat(permits(seal, Fixtures.wide(), VOLUME)).isTrue();
        assertThat(permits(seal, Fixtures.wide(), inside)).isFalse();
    }

    @Test
    void anotherSealSharesNoCachedAnswers() {
        String cedar = "@id(\"all\") permit (principal, action, resource);";
        Seal one = Fixtures.seal(cedar);
        Seal other = Fixtures.resealed(one, "5ea2");
        assertThat(permits(one, Fixtures.wide(), VOLUME)).isTrue();
        assertThat(permits(other, Fixtures.wide(), VOLUME)).isTrue();
        assertThat(engine.calls).hasValue(2);
    }

    @Test
    void errorsAreNotCached() {
        Seal seal = Fixtures.seal("@id(\"p\") permit (principal, action, resource) when { context.nothing };");
        assertThat(permits(seal, Fixtures.wide(), VOLUME)).isFalse();
        assertThat(permits(seal, Fixtures.wide(), VOLUME)).isFalse();
        assertThat(engine.calls).hasValue(2);
    }

    /** What a policy might make of a resource itself counts as telling it apart, also where it names none. */
    @Test
    void aPolicyAboutReadsTellsResourcesApartIfItReadsOne() {
        Operation project = new Operation("railway", "project");
        String reads = "permit (principal, action in Impact::Action::\"read\", resource)";
        String writes = "permit (principal, action in Impact::Action::\"write\", resource)";
        for (String condition :
                List.of("when { resource == Resource::\"railway:volume/w\" }", "when { resource == principal }")) {
            assertThat(policies.tellApart(Fixtures.seal("@id(\"p\") " + reads + condition + ";"), project))
                    .isTrue();
            assertThat(policies.tellApart(Fixtures.seal("@id(\"p\") " + writes + condition + ";"), project))
                    .isFalse();
        }
        assertThat(policies.tellApart(
                        Fixtures.seal("@id(\"p\") " + reads + "when { resource.kind == \"volume\" };"), project))
                .isFalse();
    }

    @Test
    void aKeyThatAnAgentMadeLongIsNotCached() {
        Seal seal = Fixtures.seal("""
                @id("p") permit (principal, action, resource);
                @id("q") forbid (principal, action, resource) when { resource == Resource::"railway:volume/w" };""");
        Placement named = Fixtures.place("railway:volume/" + "x".repeat(CompiledPolicies.HEAVIEST), "staging");
        assertThat(permits(seal, Fixtures.wide(), named)).isTrue();
        assertThat(permits(seal, Fixtures.wide(), named)).isTrue();
        assertThat(engine.calls).hasValue(2);
    }

    /** Answers are cached by the name: two sets with one name would share their answers. */
    @Test
    void everySetOfPoliciesHasAUniqueName() {
        Set<String> names = new HashSet<>();
        int choices = 0;
        for (int first = 0; first < 200; first++) {
            for (int second = first; second < 200; second++) {
                BitSet matching = new BitSet();
                matching.set(first);
                matching.set(second);
                names.add(AnswerKeys.name(matching));
                choices++;
            }
        }
        assertThat(names).hasSize(choices).doesNotContain(AnswerKeys.name(new BitSet()));
    }

    @Test
    void aTextThatNoOtherCanBeReadAsIsWellFormed() {
        assertThat(new TraitValue.TextsValue(List.of("a", "\ud83d\ude00")).isWellFormed())
                .isTrue();
        assertThat(new TraitValue.TextsValue(List.of("a", "\ud83d")).isWellFormed())
                .isFalse();
        assertThat(FormattedText.of("x".repeat(200))).hasSize(200);
        assertThat(FormattedText.of("x".repeat(201))).hasSize(201).endsWith("…");
    }
}
