package dev.interlock.action;

import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One operation of a catalog, as policies and their tools, and the inventory, see it.
 *
 * @param impacts its impacts, whatever its arguments are
 * @param possible its possible impacts, arguments and selected fields included; holds all of {@code impacts}
 * @param reversibility the mildest reversibility it can have
 * @param hidden the arguments whose values nobody is shown, and no policy reads
 * @param unmarked whether it may reveal secrets, and the catalog does not say where in its answer
 */
public record OperationSummary(
        Operation operation,
        Set<Impact> impacts,
        Set<Impact> possible,
        Reversibility reversibility,
        boolean unmarked,
        Optional<SaferAlternative> safer,
        Set<String> facts,
        Set<String> hidden,
        OperationLoss loss,
        Optional<OperationTopic> topic) {

    /**
     * A safer alternative that serves the same purpose.
     *
     * @param how what to do, in a whole sentence
     */
    public record SaferAlternative(Operation operation, String how) {}

    public OperationSummary {
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        possible = Collections.unmodifiableSet(new TreeSet<>(possible));
        facts = Collections.unmodifiableSet(new TreeSet<>(facts));
        hidden = Collections.unmodifiableSet(new TreeSet<>(hidden));
    }

    /**
     * Returns the summary of an operation that two kinds of requests ask for: this one, and {@code other}. The impacts
     * are those of this one.
     */
    public OperationSummary or(OperationSummary other) {
        Set<Impact> all = new TreeSet<>(possible);
        all.addAll(other.possible);
        Set<String> names = new TreeSet<>(facts);
        names.addAll(other.facts);
        Set<String> unseen = new TreeSet<>(hidden);
        unseen.addAll(other.hidden);
        return new OperationSummary(
                operation,
                impacts,
                all,
                reversibility.compareTo(other.reversibility) <= 0 ? reversibility : other.reversibility,
                unmarked || other.unmarked,
                safer.or(other::safer),
                names,
                unseen,
                loss == other.loss ? loss : OperationLoss.EVERYTHING,
                topic.or(other::topic));
    }
}
