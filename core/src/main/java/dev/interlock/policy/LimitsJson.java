package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealLimits.ActionSelector;
import dev.interlock.action.SealLimits.Budget;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.SealLimits.Sequence;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The JSON form of a seal's limits, used by {@link SealJson}. A seal without limits has the same bytes as before limits
 * existed.
 */
final class LimitsJson {

    private LimitsJson() {}

    static Json.Members write(Json.Members payload, SealLimits limits) {
        Json.Members all = payload;
        if (!limits.budgets().isEmpty()) {
            all = all.with("budgets", each(limits.budgets(), LimitsJson::budget));
        }
        return limits.sequences().isEmpty()
                ? all
                : all.with("sequences", each(limits.sequences(), LimitsJson::sequence));
    }

    private static <T> Json.Members each(Map<String, T> values, Function<T, Json> writer) {
        Map<String, Json> members = new LinkedHashMap<>();
        values.forEach((name, value) -> members.put(name, writer.apply(value)));
        return new Json.Members(members);
    }

    private static Json budget(Budget budget) {
        return then(
                Json.object()
                        .withTexts("per", words(budget.per()))
                        .with("of", selector(budget.selector()))
                        .with("at_most", budget.atMost())
                        .with("within_seconds", budget.within().toSeconds()),
                budget.hold());
    }

    private static Json sequence(Sequence sequence) {
        return then(
                Json.object()
                        .with("after", selector(sequence.after()))
                        .with("of", selector(sequence.selector()))
                        .withTexts("same", words(sequence.same()))
                        .with("within_seconds", sequence.within().toSeconds()),
                sequence.hold());
    }

    private static Json.Members then(Json.Members fields, Optional<Obligations> hold) {
        return hold.map(obligations -> fields.with("hold", obligations.canonical()))
                .orElse(fields);
    }

    private static Set<String> words(Set<GroupingKey> facets) {
        Set<String> words = new TreeSet<>();
        facets.forEach(facet -> words.add(facet.word()));
        return words;
    }

    private static Json selector(ActionSelector selector) {
        Set<String> impacts = new TreeSet<>();
        selector.impacts().forEach(impact -> impacts.add(impact.word()));
        Set<String> operations = new TreeSet<>();
        selector.operations().forEach(operation -> operations.add(operation.toString()));
        return Json.object()
                .withTexts("impacts", impacts)
                .withTexts("operations", operations)
                .withTexts("environments", selector.environments())
                .with("facts", each(selector.facts(), Json.Text::new));
    }

    static SealLimits read(SealObjectReader fields) {
        return new SealLimits(
                fields.eachIfAny(
                        "budgets", (name, value) -> SealObjectReader.object(value, budget -> readBudget(name, budget))),
                fields.eachIfAny(
                        "sequences",
                        (name, value) -> SealObjectReader.object(value, sequence -> readSequence(name, sequence))));
    }

    private static Budget readBudget(String name, SealObjectReader fields) {
        return new Budget(
                name,
                readFacets(fields, "per"),
                fields.inner("of", LimitsJson::readSelector),
                fields.whole("at_most"),
                Duration.ofSeconds(fields.whole("within_seconds")),
                fields.innerIfAny("hold", LimitsJson::readObligations));
    }

    private static Sequence readSequence(String name, SealObjectReader fields) {
        return new Sequence(
                name,
                fields.inner("after", LimitsJson::readSelector),
                fields.inner("of", LimitsJson::readSelector),
                readFacets(fields, "same"),
                Duration.ofSeconds(fields.whole("within_seconds")),
                fields.innerIfAny("hold", LimitsJson::readObligations));
    }

    private static Set<GroupingKey> readFacets(SealObjectReader fields, String name) {
        Set<GroupingKey> facets = new HashSet<>();
        fields.texts(name).forEach(word -> facets.add(GroupingKey.of(word)));
        return facets;
    }

    private static ActionSelector readSelector(SealObjectReader fields) {
        Set<Impact> impacts = new TreeSet<>();
        fields.texts("impacts").forEach(word -> impacts.add(Impact.of(word)));
        Set<Operation> operations = new HashSet<>();
        fields.texts("operations").forEach(text -> operations.add(Operation.parse(text)));
        return new ActionSelector(
                impacts, operations, fields.texts("environments"), fields.each("facts", (_, value) -> text(value)));
    }

    private static String text(Json value) {
        if (value instanceof Json.Text text) {
            return text.value();
        }
        throw new MalformedException("a fact is not a string");
    }

    private static Obligations readObligations(SealObjectReader fields) {
        Set<Obligations.Quorum> quorums = new TreeSet<>();
        fields.texts("confirm").forEach(text -> quorums.add(Obligations.Quorum.parse(text)));
        return new Obligations(
                quorums,
                Duration.ofSeconds(fields.whole("cooldown_seconds")),
                Optional.empty(),
                OptionalLong.empty(),
                fields.flag("type_name"),
                fields.flag("other"));
    }
}
