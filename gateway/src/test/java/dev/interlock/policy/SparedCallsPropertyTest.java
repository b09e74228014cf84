package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Seal;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Slices and memo spare calls and nothing else: each answer is what Cedar says of all policies, asked anew. */
class SparedCallsPropertyTest {

    private static final int SETS = 50;
    private static final int QUESTIONS = 2000;

    /** Of so many, one is also put to Cedar with nothing kept parsed; that takes a millisecond or two. */
    private static final int UNPARSED = 250;

    private final BasicAuthorizationEngine cedar = new BasicAuthorizationEngine();

    @Test
    void everyAnswerIsThatOfPlainCedar() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int spared = 0;
        int cut = 0;
        Set<Class<?>> kinds = new HashSet<>();
        for (int set = 0; set < SETS; set++) {
            String text = new RandomPolicies(random).policies(1 + random.nextInt(9));
            CountingEngine engine = new CountingEngine();
            Compiled compiled = Compiled.of("5ea1", List.of(new Seal.PolicyText("p.cedar", text)), engine);
            PolicySet unparsed = whole(text);
            PolicySet parsed = whole(text);
            parsed.cache();
            RandomQuestions questions = new RandomQuestions(random);
            for (int i = 0; i < QUESTIONS; i++) {
                Asked asked = questions.asked();
                engine.policies = parsed.getNumPolicies();
                Answer first = compiled.ask(asked);
                Answer again = compiled.ask(asked);
                Answer plain = plain(asked, parsed);
                if (!first.equals(plain) || !again.equals(plain)) {
                    assertThat(first).as("seed %d: %s%n%s", seed, asked, text).isEqualTo(plain);
                    assertThat(again)
                            .as("seed %d, again: %s%n%s", seed, asked, text)
                            .isEqualTo(plain);
                }
                if (i % UNPARSED == 0) {
                    assertThat(plain(asked, unparsed))
                            .as("seed %d, unparsed", seed)
                            .isEqualTo(plain);
                }
                kinds.add(plain.getClass());
                cut += engine.policies < parsed.getNumPolicies() ? 1 : 0;
            }
            spared += 2 * QUESTIONS - engine.calls.get();
        }
        // Otherwise nothing was tried.
        assertThat(kinds)
                .containsExactlyInAnyOrder(
                        Answer.Permitted.class, Answer.Denied.class, Answer.Erred.class, Answer.None.class);
        assertThat(spared).isGreaterThan(SETS * QUESTIONS / 2);
        assertThat(cut).isGreaterThan(SETS * QUESTIONS / 10);
    }

    private static PolicySet whole(String text) {
        Set<Policy> all = new HashSet<>();
        for (Rule rule :
                Rulebook.parse(List.of(new Seal.PolicyText("p.cedar", text))).rules()) {
            all.add(new Policy(rule.source(), rule.id()));
        }
        return new PolicySet(all);
    }

    private Answer plain(Asked asked, PolicySet policies) {
        Entities entities = new Entities(asked);
        try {
            return answer(cedar.isAuthorized(entities.request(), policies, entities.entities()));
        } catch (AuthException _) {
            return new Answer.None();
        }
    }

    private static Answer answer(AuthorizationResponse response) {
        if (response.success.isEmpty()) {
            return new Answer.None();
        }
        AuthorizationSuccessResponse said = response.success.get();
        if (!said.getErrors().isEmpty()) {
            return new Answer.Erred(said.getErrors().stream()
                    .map(AuthorizationSuccessResponse.AuthorizationError::getPolicyId)
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
        return said.isAllowed() ? new Answer.Permitted(said.getReason()) : new Answer.Denied(said.getReason());
    }
}
