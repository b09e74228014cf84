package dev.interlock.action;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One canonical action: what an attempt means, in words that do not depend on the protocol.
 *
 * @param operation the provider's operation
 * @param impacts what it can do; never empty
 * @param reversibility whether that can be undone
 * @param resources what it touches; never empty (an operation on nothing in particular touches the provider's account)
 * @param facts what the agent's arguments say, where a decision or a person may need it
 * @param piecemeal whether some of it may be done where the provider says that it is not
 */
public record Action(
        Operation operation,
        Set<Impact> impacts,
        Reversibility reversibility,
        Set<Resource> resources,
        List<Fact> facts,
        boolean piecemeal) {

    public Action {
        if (impacts.isEmpty() || resources.isEmpty()) {
            throw new IllegalArgumentException("an action without impact or resource would need no permission");
        }
        impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
        facts = List.copyOf(facts);
    }

    /** One that is done whole, or not at all. */
    public Action(
            Operation operation,
            Set<Impact> impacts,
            Reversibility reversibility,
            Set<Resource> resources,
            List<Fact> facts) {
        this(operation, impacts, reversibility, resources, facts, false);
    }

    /** The same, with what else is known of it. */
    public Action withFacts(List<Fact> others) {
        return new Action(operation, impacts, reversibility, resources, others, piecemeal);
    }

    /** The same, doing {@code others}. */
    public Action withImpacts(Set<Impact> others) {
        return new Action(operation, others, reversibility, resources, facts, piecemeal);
    }

    /** Whether it can do {@code impact}. */
    public boolean has(Impact impact) {
        return impacts.contains(impact);
    }

    /**
     * Whether the catalog knows that it destroys a part of its resources and not the whole, as one snapshot of a box.
     * What that part lies in besides, nobody knows: it is lost alone, but may be anybody's.
     */
    public boolean destroysAPart() {
        return facts.stream()
                .anyMatch(fact -> fact.name().equals(Fact.DESTROYS) && fact.provenance() == Provenance.SEALED);
    }

    /** Whether the catalog knows that it destroys nothing but what it makes itself: nothing of anybody's. */
    public boolean destroysOnlyWhatIsNew() {
        return facts.contains(new Fact(Fact.DESTROYS, Fact.ONLY_NEW, Provenance.SEALED));
    }

    /** Whether the catalog knows that nothing of {@code resource} is lost, although the action touches it. */
    public boolean keeps(Resource resource) {
        return facts.stream()
                .anyMatch(fact -> fact.name().equals(Fact.KEEPS)
                        && fact.provenance() == Provenance.SEALED
                        && fact.value().equals(resource.toString()));
    }

    /** Whether it only looks. */
    public boolean isPureRead() {
        return impacts.equals(Set.of(Impact.READ));
    }
}
