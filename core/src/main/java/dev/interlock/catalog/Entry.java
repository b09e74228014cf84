package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a catalog says of one operation.
 *
 * @param shape what it takes and gives
 * @param impacts what it does whatever its arguments are
 * @param reversibility the mildest it can be
 * @param resources paths to the identifiers of what it touches, and the type of each
 * @param otherwise as {@code resources}, counted only where none of those is given
 * @param besides as {@code resources}, of which nothing is lost, and which do not say where the operation itself is
 * @param facts paths that a decision or a person may need to see
 * @param whole those of {@code facts} that people must be able to read to their end
 * @param outlines paths of which the shape is shown, but no text: they may hold secrets
 * @param piecemeal whether some of it may be done where the provider says that it is not
 * @param rules what particular arguments add
 * @param effect what it does, in one sentence
 * @param safer a milder way
 */
record Entry(
        Shapes.Field shape,
        Set<Impact> impacts,
        Reversibility reversibility,
        Map<Path, Naming> resources,
        Map<Path, Naming> otherwise,
        Map<Path, Naming> besides,
        List<Path> facts,
        Set<Path> whole,
        List<Path> outlines,
        boolean piecemeal,
        List<Rule> rules,
        Optional<String> effect,
        Optional<OperationEntry.Safer> safer) {

    /**
     * What particular arguments add. A rule never takes anything away.
     *
     * @param condition when
     * @param impacts what is added
     * @param reversibility what it is at least
     * @param because why, in one sentence
     */
    record Rule(Condition condition, Set<Impact> impacts, Reversibility reversibility, String because) {}

    /** The types of what it may touch. */
    Set<String> types() {
        Set<String> types = new HashSet<>();
        Stream.of(resources, otherwise, besides)
                .forEach(named -> named.values().forEach(naming -> types.add(naming.type())));
        return types;
    }

    /** What it may do, whatever its arguments are. */
    Set<Impact> possible() {
        Set<Impact> possible = EnumSet.copyOf(impacts);
        rules.forEach(rule -> possible.addAll(rule.impacts()));
        return possible;
    }

    /** Where it names what it touches. */
    Set<Path> naming() {
        Set<Path> naming = new LinkedHashSet<>(resources.keySet());
        naming.addAll(otherwise.keySet());
        naming.addAll(besides.keySet());
        return naming;
    }

    /** Every path that it looks at. */
    Set<Path> looked() {
        Set<Path> looked = naming();
        looked.addAll(facts);
        looked.addAll(outlines);
        rules.forEach(rule -> rule.condition().looked().forEach(looked::add));
        return looked;
    }
}
