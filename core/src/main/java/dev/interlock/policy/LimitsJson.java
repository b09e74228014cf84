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
import dev.interlock.evidence.StrictFields;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The JSON form of a seal's limits, used by {@link SealJson}. A seal without limits has the same bytes as before limits
 * existed.
 */
final class LimitsJson {

    private LimitsJson() {}

    static Json.Members write(Json.Members payload, SealLimits limits) {
        Json.Members all = payload;
        if (!limits.budgets().isEmpty()) {
            all = all.with("budgets", SealJson.each(limits.budgets(), LimitsJson::budget));
        }
        return limits.sequences().isEmpty()
                ? all
                : all.with("sequences", SealJson.each(limits.sequences(), LimitsJson::sequence));
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
                .with("facts", SealJson.each(selector.facts(), Json.Text::new));
    }

    static SealLimits read(StrictFields fields) {
        return new SealLimits(
                fields.objectsIfAny("budgets", LimitsJson::readBudget),
                fields.objectsIfAny("sequences", LimitsJson::readSequence));
    }

    private static Budget readBudget(String name, StrictFields fields) {
        return new Budget(
                name,
                fields.values("per", GroupingKey::of),
                fields.inner("of", LimitsJson::readSelector),
                fields.whole("at_most"),
                fields.seconds("within_seconds"),
                fields.optionalObject("hold").map(LimitsJson::readObligations));
    }

    private static Sequence readSequence(String name, StrictFields fields) {
        return new Sequence(
                name,
                fields.inner("after", LimitsJson::readSelector),
                fields.inner("of", LimitsJson::readSelector),
                fields.values("same", GroupingKey::of),
                fields.seconds("within_seconds"),
                fields.optionalObject("hold").map(LimitsJson::readObligations));
    }

    private static ActionSelector readSelector(StrictFields fields) {
        return new ActionSelector(
                fields.values("impacts", Impact::of),
                fields.values("operations", Operation::parse),
                fields.textSet("environments"),
                fields.textsByName("facts"));
    }

    /** Reads the obligations of a hold. A limit asks for neither a backup nor a number of rows. */
    private static Obligations readObligations(Json.Members fields) {
        Obligations obligations = Obligations.read(fields);
        if (obligations.backup().isPresent() || obligations.rows().isPresent()) {
            throw new MalformedException("`hold` asks for a backup or for rows, which a limit cannot");
        }
        return obligations;
    }
}
