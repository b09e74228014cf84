package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.Reversibility;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A catalog's description of one operation.
 *
 * @param resources paths to the identifiers of the resources it touches, and the type of each
 * @param otherwise as {@code resources}, used only if the request gives none of those
 * @param besides as {@code resources}, for those that lose nothing and do not determine where the operation takes place
 * @param facts paths that a decision or a person may need to see
 * @param outlines paths that are shown without their text, because they may hold secrets
 * @param piecemeal whether part of it may take effect although the provider reports a failure
 * @param undo how it can be undone, if the gateway can
 * @param loss what it loses if it destroys
 * @param topic what makes policies treat it with special care
 * @param aliases paths whose values policies find under a name that they have at every door
 */
record CatalogEntry(
        ProviderSchema.OutputField shape,
        Set<Impact> impacts,
        Reversibility reversibility,
        Map<ArgumentPath, ResourceNaming> resources,
        Map<ArgumentPath, ResourceNaming> otherwise,
        Map<ArgumentPath, ResourceNaming> besides,
        FactPaths facts,
        List<ArgumentPath> outlines,
        boolean piecemeal,
        List<ArgumentRule> rules,
        Optional<String> effect,
        Optional<OperationSummary.SaferAlternative> safer,
        Optional<UndoPlan> undo,
        OperationLoss loss,
        Optional<OperationTopic> topic,
        Map<String, List<ArgumentPath>> aliases) {

    /**
     * An addition for particular arguments. A rule never takes anything away.
     *
     * @param reversibility the operation counts as at least this hard to reverse
     * @param isUndone whether the operation's undo puts back what it adds
     * @param unless what the provider may say that lifts it
     */
    record ArgumentRule(
            ArgumentCondition condition,
            Set<Impact> impacts,
            Reversibility reversibility,
            boolean isUndone,
            String because,
            Optional<RuleException> unless) {}

    /** Returns an entry that says no more than its one, reversible impact. */
    static CatalogEntry plain(ProviderSchema.OutputField shape, Impact impact, FactPaths facts) {
        return new CatalogEntry(
                shape,
                Set.of(impact),
                Reversibility.REVERSIBLE,
                Map.of(),
                Map.of(),
                Map.of(),
                facts,
                List.of(),
                false,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OperationLoss.EVERYTHING,
                Optional.empty(),
                Map.of());
    }

    /** Returns the same operation with this topic. */
    CatalogEntry about(Optional<OperationTopic> other) {
        return new CatalogEntry(
                shape,
                impacts,
                reversibility,
                resources,
                otherwise,
                besides,
                facts,
                outlines,
                piecemeal,
                rules,
                effect,
                safer,
                undo,
                loss,
                other,
                aliases);
    }

    /** Returns what policies and their tools see of it. */
    OperationSummary summary(
            Operation operation, Set<Impact> most, boolean unmarked, Set<String> names, Set<String> hidden) {
        return new OperationSummary(
                operation, impacts, most, reversibility, unmarked, safer, names, hidden, loss, topic);
    }

    /** Returns the arguments of which no fact of {@code names} has the value; header fields only shape the answer. */
    Set<String> hidden(Set<String> names, ProviderSchema shapes) {
        return shapes.fields(shape.arguments()).keySet().stream()
                .filter(path -> !path.steps().getFirst().equals("header"))
                .filter(path -> IntStream.rangeClosed(1, path.steps().size())
                        .mapToObj(length -> new ArgumentPath(path.steps().subList(0, length)))
                        .noneMatch(part -> names.contains(Fact.ARGUMENT + part)
                                || aliases.values().stream().anyMatch(paths -> paths.contains(part))))
                .map(ArgumentPath::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the types of the resources it may touch. */
    Set<String> types() {
        Set<String> types = new HashSet<>();
        Stream.of(resources, otherwise, besides)
                .forEach(named -> named.values().forEach(naming -> types.add(naming.type())));
        return types;
    }

    /** Returns all impacts that it may have, whatever its arguments are. */
    Set<Impact> possible() {
        Set<Impact> possible = EnumSet.copyOf(impacts);
        rules.forEach(rule -> possible.addAll(rule.impacts()));
        return possible;
    }

    /** Returns the same operation with these impacts and reversibility of its own, and with these rules. */
    CatalogEntry with(Set<Impact> others, Reversibility other, List<ArgumentRule> left) {
        return new CatalogEntry(
                shape, others, other, resources, otherwise, besides, facts, outlines, piecemeal, left, effect, safer,
                undo, loss, topic, aliases);
    }

    /** Returns the same operation without rules that ask the provider, where the gateway knows the answers. */
    CatalogEntry withoutQuestions() {
        return with(
                impacts,
                reversibility,
                rules.stream().filter(rule -> rule.unless().isEmpty()).toList());
    }

    /** Returns the same operation with what its fields mean: more that is shown, more rules, and these aliases. */
    CatalogEntry meaning(FactPaths shown, List<ArgumentRule> all, Map<String, List<ArgumentPath>> names) {
        return new CatalogEntry(
                shape,
                impacts,
                reversibility,
                resources,
                otherwise,
                besides,
                shown,
                outlines,
                piecemeal,
                all,
                effect,
                safer,
                undo,
                loss,
                topic,
                names);
    }

    /** Returns the same operation, of which the argument at {@code path} names the {@code kind} that it is about. */
    CatalogEntry naming(ArgumentPath path, String kind) {
        Set<ArgumentPath> plain = new HashSet<>(facts.plain());
        plain.add(path);
        return meaning(
                new FactPaths(facts.all(), facts.whole(), plain, Map.of(path, kind), facts.counts()), rules, aliases);
    }

    /** Returns the same operation while the state before it is kept. */
    CatalogEntry undone(UndoPlan plan) {
        return undone(plan.kept(), plan.reversibility());
    }

    /** Returns the same operation while the state before it is kept, with the impacts {@code kept}. */
    CatalogEntry undone(Set<Impact> kept) {
        return undone(kept, Reversibility.RECOVERABLE);
    }

    private CatalogEntry undone(Set<Impact> kept, Reversibility most) {
        return with(
                kept,
                reversibility.compareTo(most) < 0 ? reversibility : most,
                rules.stream()
                        .map(rule -> rule.isUndone()
                                ? new ArgumentRule(
                                        rule.condition(),
                                        Set.of(),
                                        Reversibility.RECOVERABLE,
                                        true,
                                        rule.because(),
                                        rule.unless())
                                : rule)
                        .toList());
    }

    /** Returns the paths that name what it touches. */
    Set<ArgumentPath> naming() {
        Set<ArgumentPath> naming = new LinkedHashSet<>(resources.keySet());
        naming.addAll(otherwise.keySet());
        naming.addAll(besides.keySet());
        return naming;
    }

    /** Returns the arguments that people are shown, without those inside of others. */
    Set<String> shown() {
        return Stream.concat(naming().stream(), facts.all().stream())
                .filter(path -> path.steps().size() == 1)
                .map(ArgumentPath::toString)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns every path that it reads. */
    Set<ArgumentPath> readPaths() {
        Set<ArgumentPath> looked = naming();
        looked.addAll(facts.all());
        facts.counts().values().forEach(looked::addAll);
        looked.addAll(outlines);
        rules.forEach(rule -> rule.condition().readPaths().forEach(looked::add));
        aliases.values().forEach(looked::addAll);
        return looked;
    }

    /**
     * The arguments of an operation that people are shown.
     *
     * @param whole those that people must be able to read to their end
     * @param plain those whose single words receipts hold; of other texts they hold a salted digest
     * @param things those that name a part of what is touched, and its kind
     * @param counts lists of which the number matters, by what they are lists of
     */
    record FactPaths(
            List<ArgumentPath> all,
            Set<ArgumentPath> whole,
            Set<ArgumentPath> plain,
            Map<ArgumentPath, String> things,
            Map<String, List<ArgumentPath>> counts) {

        static final FactPaths NONE = of(List.of());

        /** Returns arguments that mean nothing in particular. */
        static FactPaths of(List<ArgumentPath> all) {
            return new FactPaths(all, Set.of(), Set.of(), Map.of(), Map.of());
        }
    }
}
