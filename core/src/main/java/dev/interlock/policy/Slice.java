package dev.interlock.policy;

import com.cedarpolicy.model.policy.PolicySet;
import java.util.BitSet;
import java.util.Set;

/**
 * The policies that matter to a question.
 *
 * @param policies those that the engine is asked about: at least the ones whose heads match
 * @param name which heads match, as one text
 * @param reads what the conditions of those read
 */
record Slice(PolicySet policies, String name, Set<Trait> reads) {

    /** A name that no other {@code matching} has. */
    static String name(BitSet matching) {
        StringBuilder name = new StringBuilder();
        for (long word : matching.toLongArray()) {
            name.append((char) (word >>> 48)).append((char) (word >>> 32)).append((char) (word >>> 16));
            name.append((char) word);
        }
        return name.toString();
    }

    /**
     * All that the answer depends on: the policies whose heads match, and the value of each trait that they read.
     *
     * <p>INVARIANT: two questions with the same key are answered alike, whatever else differs.
     */
    String key(Asked asked) {
        StringBuilder key = new StringBuilder(64 + name.length());
        key.append(name.length()).append(':').append(name);
        reads.forEach(trait -> trait.of(asked).write(key));
        return key.toString();
    }
}
