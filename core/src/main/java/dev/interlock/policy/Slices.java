package dev.interlock.policy;

import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reduces a seal's policies to those that each question needs. When there is no room for another slice, all policies
 * are evaluated: slower, with the same answer.
 *
 * <p>Threading: any thread may ask. Each slice is made once, while other threads that want it wait.
 */
final class Slices {

    /**
     * Maximum slices of a seal. The engine frees a set only when the garbage collector finds it unused, perhaps long
     * after its seal has gone. So slices are never replaced, and those of several seals must fit into the engine.
     */
    static final int MAX_SETS = 512;

    /**
     * Maximum policies over all slices. Each policy is stored once for each slice that holds it, at some kilobytes
     * each.
     */
    static final int MAX_POLICIES = 20_000;

    /** The number of sets that the engine holds: eight seals, each with all its slices. */
    private static final int ENGINE_ROOM = 8 * (MAX_SETS + 1);

    private final int room;
    private final List<PolicyRule> rules;
    private final List<Policy> policies;
    private final List<Set<Trait>> reads;
    private final PolicyHeads heads;
    private final PolicySet whole;
    private final Map<BitSet, Slice> slices = new ConcurrentHashMap<>();
    private final AtomicInteger sets = new AtomicInteger();
    private final AtomicInteger kept = new AtomicInteger();

    /**
     * Creates the slices of {@code rules}.
     *
     * @param room the maximum number of sets, besides the set of all policies
     * @throws CacheException if the engine has no room even for the set of all policies
     */
    Slices(List<PolicyRule> rules, int room) throws CacheException {
        this.room = room;
        this.rules = List.copyOf(rules);
        PolicySet.setCacheMaxPolicySets(ENGINE_ROOM);
        policies =
                rules.stream().map(rule -> new Policy(rule.source(), rule.id())).toList();
        reads = rules.stream().map(TraitAnalysis::of).toList();
        heads = new PolicyHeads(rules);
        whole = new PolicySet(new HashSet<>(policies));
        whole.cache();
    }

    /** Returns all policies. */
    PolicySet whole() {
        return whole;
    }

    /**
     * Returns the policies whose heads match and that read an argument without a certain text. They must not be
     * evaluated: without the argument a {@code forbid} would not match.
     */
    Set<String> unclear(PolicyRequest asked) {
        Set<String> unclear = new TreeSet<>();
        if (!asked.question().arguments().unclear().isEmpty()) {
            List<PolicyRule> matching = asked.hasFaithfulForm()
                    ? heads.matching(asked).stream().mapToObj(rules::get).toList()
                    : rules;
            matching.stream().filter(rule -> !rule.unclear(asked).isEmpty()).forEach(rule -> unclear.add(rule.id()));
        }
        return unclear;
    }

    /** Returns the slice for {@code asked}, which must be {@linkplain PolicyRequest#hasFaithfulForm ordinary}. */
    Slice of(PolicyRequest asked) {
        BitSet matching = heads.matching(asked);
        Slice ready = slices.get(matching);
        if (ready != null) {
            return ready;
        }
        if (sets.get() >= room || kept.get() + matching.cardinality() > MAX_POLICIES) {
            return slice(matching, whole);
        }
        try {
            return slices.computeIfAbsent(matching, this::cut);
        } catch (EngineFullException _) {
            return slice(matching, whole);
        }
    }

    private Slice cut(BitSet matching) {
        if (matching.cardinality() == policies.size()) {
            return slice(matching, whole);
        }
        List<Policy> some = new ArrayList<>();
        matching.stream().forEach(i -> some.add(policies.get(i)));
        PolicySet set = new PolicySet(new HashSet<>(some));
        try {
            set.cache();
        } catch (CacheException e) {
            throw new EngineFullException(e);
        }
        sets.incrementAndGet();
        kept.addAndGet(some.size());
        return slice(matching, set);
    }

    private Slice slice(BitSet matching, PolicySet set) {
        EnumSet<Trait> read = EnumSet.noneOf(Trait.class);
        matching.stream().forEach(i -> read.addAll(reads.get(i)));
        return new Slice(set, Slice.name(matching), Collections.unmodifiableSet(read));
    }

    /** The engine takes no more sets. */
    private static final class EngineFullException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EngineFullException(CacheException cause) {
            super(cause);
        }
    }
}
