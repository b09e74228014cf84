package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A seal's policies, parsed once and kept inside the engine.
 *
 * <p>Threading: immutable; the engine takes calls from any thread.
 */
final class Compiled {

    private final List<Seal.PolicyText> texts;
    private final AuthorizationEngine engine;
    private final PolicySet policies;
    private final Map<String, Obligations> obligations;

    private Compiled(
            List<Seal.PolicyText> texts,
            AuthorizationEngine engine,
            PolicySet policies,
            Map<String, Obligations> obligations) {
        this.texts = texts;
        this.engine = engine;
        this.policies = policies;
        this.obligations = obligations;
    }

    /**
     * Parses {@code texts} and has the engine keep them.
     *
     * @throws MalformedException if any of it is not wholly understood
     * @throws CacheException if the engine has no room
     */
    static Compiled of(List<Seal.PolicyText> texts, AuthorizationEngine engine) throws CacheException {
        Rulebook book = Rulebook.parse(texts);
        if (!book.problems().isEmpty()) {
            throw new MalformedException(book.problems().getFirst().toString());
        }
        Set<Policy> policies = new HashSet<>();
        Map<String, Obligations> obligations = new LinkedHashMap<>();
        for (Rule rule : book.rules()) {
            policies.add(new Policy(rule.source(), rule.id()));
            obligations.put(rule.id(), rule.obligations());
        }
        PolicySet set = new PolicySet(policies);
        set.cache();
        return new Compiled(texts, engine, set, obligations);
    }

    boolean isOf(Seal seal) {
        return texts.equals(seal.policies());
    }

    /** The obligations of the policy {@code id}, which permitted something. */
    Obligations obligations(String id) {
        Obligations found = obligations.get(id);
        if (found == null) {
            throw new IllegalStateException("a policy permitted that was never sealed");
        }
        return found;
    }

    /** Asks one question. Whatever goes wrong in the engine is {@link Answer.None}. */
    Answer ask(Entities entities, Question question) {
        try {
            return answer(engine.isAuthorized(entities.request(question), policies, entities.entities(question)));
        } catch (AuthException | RuntimeException | LinkageError _) {
            return new Answer.None();
        }
    }

    private Answer answer(AuthorizationResponse response) {
        if (response.success.isEmpty() || response.type != AuthorizationResponse.SuccessOrFailure.Success) {
            return new Answer.None();
        }
        AuthorizationSuccessResponse said = response.success.get();
        if (!said.getErrors().isEmpty()) {
            return new Answer.Erred(said.getErrors().stream()
                    .map(AuthorizationSuccessResponse.AuthorizationError::getPolicyId)
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
        if (!obligations.keySet().containsAll(said.getReason())) {
            return new Answer.None();
        }
        return said.isAllowed() && !said.getReason().isEmpty()
                ? new Answer.Permitted(said.getReason())
                : new Answer.Denied(said.getReason());
    }
}
