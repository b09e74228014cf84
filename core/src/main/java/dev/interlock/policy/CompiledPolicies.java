package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Elevation;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A seal's policies, parsed once and stored in the engine, with a cache of earlier answers.
 *
 * <p>An answer follows from two things: the policies whose heads match the question, and the traits that their
 * conditions read. See {@link AnswerKeys}. No two questions with the same key are evaluated ({@link AnswerCache}).
 *
 * <p>Threading: any thread may ask; the engine takes calls from any thread.
 */
final class CompiledPolicies {

    /** The engine frees a set only when the garbage collector finds it unused, perhaps long after its seal has gone. */
    private static final int ENGINE_ROOM = 4_096;

    private final String seal;
    private final List<Seal.PolicyText> texts;
    private final AuthorizationEngine engine;
    private final PolicySet policies;
    private final AnswerKeys keys;
    private final Map<String, Obligations> obligations;
    private final OtherPersonRules others;
    private final Set<String> arguments;
    private final AnswerCache memo = new AnswerCache();

    private CompiledPolicies(
            String seal,
            List<Seal.PolicyText> texts,
            AuthorizationEngine engine,
            PolicySet policies,
            List<PolicyRule> rules) {
        this.seal = seal;
        this.texts = texts;
        this.engine = engine;
        this.policies = policies;
        this.keys = new AnswerKeys(rules);
        this.obligations = rules.stream().collect(Collectors.toMap(PolicyRule::id, PolicyRule::obligations));
        this.others = new OtherPersonRules(rules);
        this.arguments = ArgumentReads.names(rules);
    }

    /**
     * Parses {@code texts}, the policies of the seal {@code seal}, and stores them in the engine.
     *
     * @throws MalformedException if any of it is not wholly understood
     * @throws CacheException if the engine has no room
     */
    static CompiledPolicies of(String seal, List<Seal.PolicyText> texts, AuthorizationEngine engine)
            throws CacheException {
        ParsedPolicies book = ParsedPolicies.parse(texts);
        if (!book.problems().isEmpty()) {
            throw new MalformedException(book.problems().getFirst().toString());
        }
        PolicySet.setCacheMaxPolicySets(ENGINE_ROOM);
        PolicySet policies = new PolicySet(book.rules().stream()
                .map(rule -> new Policy(rule.source(), rule.id()))
                .collect(Collectors.toSet()));
        policies.cache();
        return new CompiledPolicies(seal, texts, engine, policies, book.rules());
    }

    boolean isOf(Seal seal) {
        return this.seal.equals(seal.id()) && texts.equals(seal.policies());
    }

    Set<String> arguments() {
        return arguments;
    }

    Obligations obligations(String id) {
        Obligations found = obligations.get(id);
        if (found == null) {
            throw new IllegalStateException("a policy that was never sealed permitted this");
        }
        return found;
    }

    /** Returns whether a policy about what {@code elevation} grants requires another person. */
    boolean wantsOthers(Elevation elevation) {
        return others.areAskedFor(elevation);
    }

    /** Asks one question. Any failure of the engine yields {@link CedarAnswer.NoCedarAnswer}. */
    CedarAnswer ask(PolicyRequest asked) {
        Set<String> unclear = keys.unclear(asked);
        if (!unclear.isEmpty()) {
            return new CedarAnswer.CedarError(unclear);
        }
        if (!asked.hasFaithfulForm()) {
            return cedar(asked);
        }
        String key = keys.of(asked);
        return memo.find(key).orElseGet(() -> memo.keep(key, cedar(asked)));
    }

    private CedarAnswer cedar(PolicyRequest asked) {
        try {
            Entities entities = new Entities(asked);
            return answer(engine.isAuthorized(entities.request(), policies, entities.entities()));
        } catch (AuthException | RuntimeException | LinkageError _) {
            return new CedarAnswer.NoCedarAnswer();
        }
    }

    private CedarAnswer answer(AuthorizationResponse response) {
        if (response.success.isEmpty() || response.type != AuthorizationResponse.SuccessOrFailure.Success) {
            return new CedarAnswer.NoCedarAnswer();
        }
        AuthorizationSuccessResponse said = response.success.get();
        if (!said.getErrors().isEmpty()) {
            return new CedarAnswer.CedarError(said.getErrors().stream()
                    .map(AuthorizationSuccessResponse.AuthorizationError::getPolicyId)
                    .collect(Collectors.toCollection(TreeSet::new)));
        }
        if (!obligations.keySet().containsAll(said.getReason())) {
            return new CedarAnswer.NoCedarAnswer();
        }
        return said.isAllowed() && !said.getReason().isEmpty()
                ? new CedarAnswer.CedarPermitted(said.getReason())
                : new CedarAnswer.CedarDenied(said.getReason());
    }
}
