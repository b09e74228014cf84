package dev.interlock.policy;

import com.cedarpolicy.model.policy.PolicySet;
import java.util.BitSet;
import java.util.Set;

/**
 * The policies that matter to a question.
 *
 * @param policies the policies to evaluate: at least those whose heads match
 * @param name identifies the set of matching heads
 * @param reads the traits that the conditions of those policies read
 */
record Slice(PolicySet policies, String name, Set<Trait> reads) {

    /** Returns a name that is unique to {@code matching}. */
    static String name(BitSet matching) {
        StringBuilder name = new StringBuilder();
        for (long word : matching.toLongArray()) {
            name.append((char) (word >>> 48)).append((char) (word >>> 32)).append((char) (word >>> 16));
            name.append((char) word);
        }
        return name.toString();
    }

    /**
     * Returns all that the answer depends on: the policies whose heads match, and the value of each trait that they
     * read.
     *
     * <p>INVARIANT: two questions with the same key have the same answer. Other differences have no effect.
     */
    String key(PolicyRequest asked) {
        StringBuilder key = new StringBuilder(64 + name.length());
        key.append(name.length()).append(':').append(name);
        reads.forEach(trait -> trait.of(asked).write(key));
        return key.toString();
    }
}
