package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.AuthorizationSuccessResponse;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.PolicySet;
import dev.interlock.action.Elevation;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A seal's policies, parsed once and stored in the engine, with a cache of earlier answers.
 *
 * <p>An answer follows from two things: the policies whose heads match the question, and the traits that their
 * conditions read. See {@link Heads}, {@link TraitUse} and {@link Slice#key}. So only those policies are evaluated
 * ({@link Slices}), and never twice with the same traits ({@link Memo}). Both caches are dropped with the seal.
 *
 * <p>Threading: any thread may ask; the engine takes calls from any thread.
 */
final class Compiled {

    private final String seal;
    private final List<Seal.PolicyText> texts;
    private final AuthorizationEngine engine;
    private final Slices slices;
    private final Map<String, Obligations> obligations;
    private final Others others;
    private final Memo memo = new Memo();

    private Compiled(
            String seal,
            List<Seal.PolicyText> texts,
            AuthorizationEngine engine,
            Slices slices,
            Map<String, Obligations> obligations,
            Others others) {
        this.seal = seal;
        this.texts = texts;
        this.engine = engine;
        this.slices = slices;
        this.obligations = obligations;
        this.others = others;
    }

    /**
     * Parses {@code texts}, the policies of the seal {@code seal}, and stores them in the engine.
     *
     * @throws MalformedException if any of it is not wholly understood
     * @throws CacheException if the engine has no room
     */
    static Compiled of(String seal, List<Seal.PolicyText> texts, AuthorizationEngine engine) throws CacheException {
        return of(seal, texts, engine, Slices.MAX_SETS);
    }

    /**
     * Does the same with a limit on slices.
     *
     * @param room the maximum number of slices
     */
    static Compiled of(String seal, List<Seal.PolicyText> texts, AuthorizationEngine engine, int room)
            throws CacheException {
        Rulebook book = Rulebook.parse(texts);
        if (!book.problems().isEmpty()) {
            throw new MalformedException(book.problems().getFirst().toString());
        }
        Map<String, Obligations> obligations = new LinkedHashMap<>();
        book.rules().forEach(rule -> obligations.put(rule.id(), rule.obligations()));
        return new Compiled(seal, texts, engine, new Slices(book.rules(), room), obligations, new Others(book.rules()));
    }

    boolean isOf(Seal seal) {
        return this.seal.equals(seal.id()) && texts.equals(seal.policies());
    }

    /** Returns the obligations of the policy {@code id}, which permitted something. */
    Obligations obligations(String id) {
        Obligations found = obligations.get(id);
        if (found == null) {
            throw new IllegalStateException("a policy permitted that was never sealed");
        }
        return found;
    }

    /**
     * Returns whether a policy about what {@code elevation} grants requires somebody other than the person behind the
     * lease.
     */
    boolean wantsOthers(Elevation elevation) {
        return others.areAskedFor(elevation);
    }

    /** Asks one question. Any failure of the engine yields {@link Answer.None}. */
    Answer ask(Asked asked) {
        if (!asked.isOrdinary()) {
            return cedar(asked, slices.whole());
        }
        Slice slice = slices.of(asked);
        String key = slice.key(asked);
        return memo.find(key).orElseGet(() -> memo.keep(key, cedar(asked, slice.policies())));
    }

    private Answer cedar(Asked asked, PolicySet policies) {
        try {
            Entities entities = new Entities(asked);
            return answer(engine.isAuthorized(entities.request(), policies, entities.entities()));
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
