package dev.interlock.confirm;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares what an upstream has counted with what people were asked about: that holds for no greater numbers too. */
final class CountedMeaning {

    private static final Pattern COUNTED = Pattern.compile("([0-9]{1,15})((?: [\\w.$]+(?: \\([a-z]+\\))?)?)");

    private CountedMeaning() {}

    /**
     * Returns {@code sensed} with the numbers of {@code asked}; empty if more than the numbers differ, or one is
     * greater.
     */
    static Optional<ResolvedAttempt> within(Statement asked, ResolvedAttempt sensed) {
        List<Json.Members> confirmed = asked.meaning().objects("actions");
        if (confirmed.size() != sensed.actions().size()) {
            return Optional.empty();
        }
        List<Action> actions = new ArrayList<>();
        for (int i = 0; i < confirmed.size(); i++) {
            Action action = sensed.actions().get(i);
            List<Fact> most = confirmed.get(i).objects("facts").stream()
                    .filter(fact -> fact.text("provenance").equals(Provenance.RESOLVED.word()))
                    .map(fact -> new Fact(fact.text("name"), fact.text("value"), Provenance.RESOLVED))
                    .filter(CountedMeaning::isCounted)
                    .toList();
            Optional<Map<String, Long>> asks = numbers(most);
            Optional<Map<String, Long>> does = numbers(
                    action.facts().stream().filter(CountedMeaning::isCounted).toList());
            if (asks.isEmpty() || does.isEmpty() || !isWithin(asks.get(), does.get())) {
                return Optional.empty();
            }
            List<Fact> facts = new ArrayList<>(action.facts());
            facts.removeIf(CountedMeaning::isCounted);
            facts.addAll(most);
            actions.add(action.withFacts(facts));
        }
        return Optional.of(sensed.with(actions))
                .filter(counted -> counted.meaningDigest().equals(asked.meaningDigest()));
    }

    private static boolean isWithin(Map<String, Long> asks, Map<String, Long> does) {
        return does.entrySet().stream().allMatch(number -> number.getValue() <= asks.getOrDefault(number.getKey(), 0L));
    }

    private static boolean isCounted(Fact fact) {
        return fact.provenance() == Provenance.RESOLVED
                && (fact.name().startsWith(Fact.COUNT) || fact.name().startsWith(Fact.ROWS));
    }

    /** Returns the numbers in {@code facts} by what they count; empty if one is not known. */
    private static Optional<Map<String, Long>> numbers(List<Fact> facts) {
        Map<String, Long> numbers = new TreeMap<>();
        for (Fact fact : facts) {
            for (String part : fact.value().split(", ", -1)) {
                Matcher counted = COUNTED.matcher(part);
                if (!counted.matches()
                        || numbers.put(fact.name() + counted.group(2), Long.valueOf(counted.group(1))) != null) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(numbers);
    }
}
