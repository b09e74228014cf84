package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Says what the answer to a question depends on: the policies whose heads match, and the traits that their conditions
 * read. Threading: immutable.
 */
final class AnswerKeys {

    private final List<PolicyRule> rules;
    private final List<Set<Trait>> reads;
    private final PolicyHeads heads;
    /** The rules that can tell two resources apart which are placed alike. */
    private final BitSet naming = new BitSet();

    AnswerKeys(List<PolicyRule> rules) {
        this.rules = List.copyOf(rules);
        this.reads = rules.stream().map(TraitAnalysis::of).toList();
        this.heads = new PolicyHeads(rules);
        for (int i = 0; i < rules.size(); i++) {
            boolean names = !NamedEntities.ids(List.of(rules.get(i)), EntityUid.RESOURCE)
                    .isEmpty();
            naming.set(i, names || reads.get(i).contains(Trait.RESOURCE));
        }
    }

    /** Returns whether the answer about a read by {@code operation} may depend on what is read, and not only where. */
    boolean tellApart(Operation operation) {
        EntityUid read = new EntityUid(EntityUid.IMPACT, Impact.READ.word());
        return heads.about(new EntityUid(EntityUid.OPERATION, operation.toString()), read)
                .intersects(naming);
    }

    /** Returns matching policies that read an unclear argument: without it a {@code forbid} would not match. */
    Set<String> unclear(PolicyRequest asked) {
        Set<String> unclear = new TreeSet<>();
        if (!asked.question().arguments().unclear().isEmpty()) {
            heads.matchingOrAll(asked).stream()
                    .mapToObj(rules::get)
                    .filter(rule -> !rule.unclear(asked).isEmpty())
                    .forEach(rule -> unclear.add(rule.id()));
        }
        return unclear;
    }

    /**
     * Returns the key for {@code asked}, which must be {@linkplain PolicyRequest#hasFaithfulForm ordinary}.
     *
     * <p>INVARIANT: two questions with the same key have the same answer. Other differences have no effect.
     */
    String of(PolicyRequest asked) {
        BitSet matching = heads.matching(asked);
        EnumSet<Trait> read = EnumSet.noneOf(Trait.class);
        matching.stream().forEach(i -> read.addAll(reads.get(i)));
        return key(matching, read, asked);
    }

    static String key(BitSet matching, Set<Trait> read, PolicyRequest asked) {
        String name = name(matching);
        StringBuilder key = new StringBuilder(64 + name.length());
        key.append(name.length()).append(':').append(name);
        read.forEach(trait -> trait.of(asked).write(key));
        return key.toString();
    }

    static String name(BitSet matching) {
        StringBuilder name = new StringBuilder();
        for (long word : matching.toLongArray()) {
            name.append((char) (word >>> 48)).append((char) (word >>> 32)).append((char) (word >>> 16));
            name.append((char) word);
        }
        return name.toString();
    }
}
