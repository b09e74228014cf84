package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Operation;
import dev.interlock.action.SampledCache;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A seal's policies, parsed once and stored in the engine, with a cache of earlier answers by what they depend on
 * ({@link AnswerKeys}). Threading: any; two threads with the same question may both ask Cedar.
 */
final class CompiledPolicies {

    /** The engine frees a set only when the garbage collector finds it unused, perhaps long after its seal has gone. */
    private static final int ENGINE_ROOM = 4_096;

    /** Maximum answers; of more, the last stay. */
    static final int MAX_ANSWERS = 5_000;

    /** Maximum weight of a cached answer in characters, of which an agent chooses parts: all take 20 MiB at most. */
    static final int HEAVIEST = 2_000;

    /** The weight of the name of a policy in an answer, with what a set needs for it. */
    private static final int NAME = 50;

    private final String seal;
    private final List<Seal.PolicyText> texts;
    private final AuthorizationEngine engine;
    private final PolicySet policies;
    private final AnswerKeys keys;
    private final Map<String, PolicyRule> rules;
    private final OtherPersonRules others;
    private final Set<String> arguments;
    private final Set<String> operations;
    private final SampledCache<String, CedarAnswer> memo = new SampledCache<>(MAX_ANSWERS);

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
        this.rules = rules.stream().collect(Collectors.toMap(PolicyRule::id, rule -> rule));
        this.others = new OtherPersonRules(rules);
        this.arguments = ArgumentReads.names(rules);
        this.operations = NamedEntities.ids(rules, EntityUid.OPERATION);
    }

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

    /** Returns whether the answer about a read may depend on what is read, as {@link AnswerKeys} says. */
    boolean tellApart(Operation operation) {
        return keys.tellApart(operation);
    }

    boolean names(Operation operation) {
        return operations.contains(operation.toString());
    }

    /** Returns those that Cedar has named. */
    List<PolicyRule> rules(Set<String> ids) {
        if (!rules.keySet().containsAll(ids)) {
            throw new IllegalStateException("a policy that was never sealed permitted this");
        }
        return ids.stream().map(id -> Objects.requireNonNull(rules.get(id))).toList();
    }

    /** Returns whether a policy about what {@code elevation} grants requires another person. */
    boolean wantsOthers(Elevation elevation) {
        return others.areAskedFor(elevation);
    }

    /** Asks one question. Any failure of the engine yields {@link CedarAnswer.NoCedarAnswer}. */
    CedarAnswer ask(PolicyRequest asked) {
        return ask(asked, asked.hasFaithfulForm());
    }

    /** Does the same for a caller that knows {@link PolicyRequest#hasFaithfulForm}. */
    CedarAnswer ask(PolicyRequest asked, boolean isFaithful) {
        Set<String> unclear = keys.unclear(asked);
        if (!unclear.isEmpty()) {
            return new CedarAnswer.CedarError(unclear);
        }
        if (!isFaithful) {
            return cedar(asked);
        }
        String key = keys.of(asked);
        return memo.get(key).orElseGet(() -> keep(key, cedar(asked)));
    }

    /** Caches an answer that follows from the question alone. Errors and missing answers can have any cause. */
    private CedarAnswer keep(String key, CedarAnswer answer) {
        int named = switch (answer) {
            case CedarAnswer.CedarPermitted permitted -> permitted.policies().size();
            case CedarAnswer.CedarDenied denied -> denied.policies().size();
            case CedarAnswer.CedarError _, CedarAnswer.NoCedarAnswer _ -> HEAVIEST;
        };
        if (key.length() + named * NAME <= HEAVIEST) {
            memo.put(key, answer);
        }
        return answer;
    }

    private CedarAnswer cedar(PolicyRequest asked) {
        LoopThreads.leave(); // it computes in native code
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
        if (!rules.keySet().containsAll(said.getReason())) {
            return new CedarAnswer.NoCedarAnswer();
        }
        return said.isAllowed() && !said.getReason().isEmpty()
                ? new CedarAnswer.CedarPermitted(said.getReason())
                : new CedarAnswer.CedarDenied(said.getReason());
    }

    /** Finds policies about an elevation's scope that require somebody other than the person behind the lease. */
    static final class OtherPersonRules {

        private final List<PolicyRule> wanting;

        OtherPersonRules(List<PolicyRule> rules) {
            this.wanting =
                    rules.stream().filter(rule -> rule.obligations().other()).toList();
        }

        /**
         * Returns whether such a policy exists. A head that is not understood counts as being about {@code elevation}.
         */
        boolean areAskedFor(Elevation elevation) {
            Set<String> impacts = elevation.impacts().stream().map(Impact::word).collect(Collectors.toSet());
            return wanting.stream()
                    .map(PolicyRule::tree)
                    .anyMatch(tree -> speaksOf(tree.path("action"), EntityUid.IMPACT, impacts)
                            && speaksOf(tree.path("resource"), EntityUid.ENVIRONMENT, elevation.environments()));
        }

        private static boolean speaksOf(JsonNode part, String type, Set<String> named) {
            String op = part.path("op").asText();
            if (!op.equals("==") && !op.equals("in")) {
                return true;
            }
            Iterable<JsonNode> entities =
                    part.path("entities").isArray() ? part.path("entities") : List.of(part.path("entity"));
            for (JsonNode entity : entities) {
                if (!entity.path("type").asText().equals(type)
                        || named.contains(entity.path("id").asText())) {
                    return true;
                }
            }
            return false;
        }
    }
}
