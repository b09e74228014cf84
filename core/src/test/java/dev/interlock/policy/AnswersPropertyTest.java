package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.testing.CaseCount;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that the cache saves calls and changes nothing: each answer equals Cedar's new answer. */
@Tag("random")
class AnswersPropertyTest {

    private static final int SETS = 50;
    private static final int QUESTIONS = CaseCount.of(100);

    /**
     * The number of policies of a large organisation, in some sets, with fewer questions: plain Cedar takes
     * milliseconds each.
     */
    private static final int MANY = CaseCount.of(300);

    private static final int SETS_OF_MANY = 3;
    private static final int QUESTIONS_TO_MANY = CaseCount.of(40);

    /**
     * The interval of questions that are also put to Cedar without cached parsing, which takes a millisecond or two.
     */
    private static final int UNPARSED = 125;

    private final BasicAuthorizationEngine cedar = new BasicAuthorizationEngine();

    private final Set<Class<?>> kinds = new HashSet<>();
    private int spared;
    private int alike;

    @Test
    void everyAnswerEqualsPlainCedars() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int set = 0; set < SETS; set++) {
            // Sometimes as many as an organisation has.
            int policies = set % 50 == 0 ? 30 + random.nextInt(70) : 1 + random.nextInt(9);
            String text = new RandomPolicies(random).policies(policies);
            compare(seed, random, text, QUESTIONS);
        }
        // Otherwise the test tried nothing.
        assertThat(spared).isGreaterThan(SETS * QUESTIONS / 2);
        if (!CaseCount.includeRare()) {
            return;
        }
        assertThat(alike).as("reads by their places alone").isPositive();
        assertThat(kinds)
                .containsExactlyInAnyOrder(
                        CedarAnswer.CedarPermitted.class,
                        CedarAnswer.CedarDenied.class,
                        CedarAnswer.CedarError.class,
                        CedarAnswer.NoCedarAnswer.class);
    }

    @Test
    void answersWithManyPoliciesEqualPlainCedars() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int set = 0; set < SETS_OF_MANY; set++) {
            // Among a thousand policies with rare failures some fail for each question, and nothing else would be
            // tried.
            RandomPolicies policies = new RandomPolicies(random);
            String text = set == 0 ? policies.policies(MANY) : policies.sound(MANY, set == 1);
            compare(seed, random, text, QUESTIONS_TO_MANY);
        }
        if (!CaseCount.includeRare()) {
            return;
        }
        // Whether one of so many fails, or all of them, is drawn: small sets above try both.
        assertThat(kinds).contains(CedarAnswer.CedarPermitted.class, CedarAnswer.CedarDenied.class);
    }

    private void compare(long seed, Random random, String text, int number) throws Exception {
        CountingEngine engine = new CountingEngine();
        CompiledPolicies compiled = CompiledPolicies.of("5ea1", List.of(new Seal.PolicyText("p.cedar", text)), engine);
        PolicySet unparsed = whole(text);
        PolicySet parsed = whole(text);
        parsed.cache();
        RandomQuestions questions = new RandomQuestions(random);
        for (int i = 0; i < number; i++) {
            PolicyRequest asked = questions.asked();
            CedarAnswer first = compiled.ask(asked);
            CedarAnswer again = compiled.ask(asked);
            CedarAnswer plain = plain(asked, parsed);
            if (!first.equals(plain) || !again.equals(plain)) {
                assertThat(first).as("seed %d: %s%n%s", seed, asked, text).isEqualTo(plain);
                assertThat(again)
                        .as("seed %d, again: %s%n%s", seed, asked, text)
                        .isEqualTo(plain);
            }
            PolicyRequest other = ofAnotherResource(asked);
            if (asked.question().impact() == Impact.READ
                    && asked.hasFaithfulForm()
                    && other.hasFaithfulForm()
                    && !compiled.tellApart(asked.question().operation())) {
                assertThat(plain(other, parsed))
                        .as("seed %d, of another resource: %s%n%s", seed, asked, text)
                        .isEqualTo(plain);
                alike++;
            }
            if (i % UNPARSED == 0) {
                assertThat(plain(asked, unparsed)).as("seed %d, unparsed", seed).isEqualTo(plain);
            }
            kinds.add(plain.getClass());
        }
        spared += 2 * number - engine.calls.get();
    }

    /** Returns the same question about a resource of another name, in the same places. */
    private static PolicyRequest ofAnotherResource(PolicyRequest asked) {
        PolicyQuestion question = asked.question();
        Placement place = question.placement();
        Resource resource = place.resource();
        return new PolicyRequest(
                asked.seal(),
                asked.agent(),
                asked.resolved(),
                asked.radius(),
                new PolicyQuestion(
                        question.operation(),
                        question.impact(),
                        question.reversibility(),
                        new Placement(
                                new Resource(resource.provider(), resource.type(), "of-another-name"),
                                place.environments(),
                                place.groups(),
                                place.provenance(),
                                place.known()),
                        question.environment(),
                        question.arguments()));
    }

    private static PolicySet whole(String text) {
        Set<Policy> all = new HashSet<>();
        for (PolicyRule rule : ParsedPolicies.parse(List.of(new Seal.PolicyText("p.cedar", text)))
                .rules()) {
            all.add(new Policy(rule.source(), rule.id()));
        }
        return new PolicySet(all);
    }

    private CedarAnswer plain(PolicyRequest asked, PolicySet policies) {
        Entities entities = new Entities(asked);
        try {
            return answer(cedar.isAuthorized(entities.request(), policies, entities.entities()));
        } catch (AuthException _) {
            return new CedarAnswer.NoCedarAnswer();
        }
    }

    private static CedarAnswer answer(AuthorizationResponse response) {
        if (response.success.isEmpty()) {
            return new CedarAnswer.NoCedarAnswer();
        }
        AuthorizationSuccessResponse said = response.success.get();
        if (!said.getErrors().isEmpty()) {
            return new CedarAnswer.CedarError(said.getErrors().stream()
                    .map(AuthorizationSuccessResponse.AuthorizationError::getPolicyId)
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
        return said.isAllowed()
                ? new CedarAnswer.CedarPermitted(said.getReason())
                : new CedarAnswer.CedarDenied(said.getReason());
    }
}
