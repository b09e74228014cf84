package dev.interlock.action;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One canonical action: the meaning of an attempt, independent of the protocol.
 *
 * @param impacts what it can do; never empty
 * @param resources what it touches; never empty (an operation on nothing in particular touches the provider's account)
 * @param facts facts from the agent's arguments that a decision or a person may need
 * @param piecemeal whether some of it may be done although the provider reports a failure
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

    /** Creates an action that is done completely or not at all. */
    public Action(
            Operation operation,
            Set<Impact> impacts,
            Reversibility reversibility,
            Set<Resource> resources,
            List<Fact> facts) {
        this(operation, impacts, reversibility, resources, facts, false);
    }

    public Action withFacts(List<Fact> others) {
        return others.equals(facts)
                ? this
                : new Action(operation, impacts, reversibility, resources, others, piecemeal);
    }

    public Action withImpacts(Set<Impact> others) {
        return new Action(operation, others, reversibility, resources, facts, piecemeal);
    }

    public boolean has(Impact impact) {
        return impacts.contains(impact);
    }

    /**
     * Returns whether the catalog knows that it destroys only a part of its resources, such as one snapshot of a box.
     * Only that part is lost, but it may belong to anybody: what else it lies in is unknown.
     */
    public boolean destroysAPart() {
        return destroysAPart(facts);
    }

    /** Returns the same of an action of which only {@code facts} are left, as in a receipt. */
    public static boolean destroysAPart(List<Fact> facts) {
        return facts.stream()
                .anyMatch(fact -> fact.name().equals(Fact.DESTROYS) && fact.provenance() == Provenance.SEALED);
    }

    /** Returns whether the catalog knows that it destroys only what it creates itself. */
    public boolean destroysOnlyWhatIsNew() {
        return facts.contains(new Fact(Fact.DESTROYS, Fact.ONLY_NEW, Provenance.SEALED));
    }

    /** Returns whether the catalog knows that nothing of {@code resource} is lost, although the action touches it. */
    public boolean preserves(Resource resource) {
        return facts.stream()
                .anyMatch(fact -> fact.name().equals(Fact.KEEPS)
                        && fact.provenance() == Provenance.SEALED
                        && fact.value().equals(resource.toString()));
    }

    public boolean isPureRead() {
        return impacts.equals(Set.of(Impact.READ));
    }

    /** Returns whether it runs code, or does more than read and cannot be undone. */
    public boolean isGrave() {
        return has(Impact.EXECUTE) || (reversibility == Reversibility.IRREVERSIBLE && !isPureRead());
    }
}
