package dev.interlock.cli;

import dev.interlock.action.Fact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What differs among the calls of a set that one line describes: the recipient of each message, for example. */
final class HoldDifferences {

    private static final int MAX_VALUE = 60;
    private static final int MAX_FACTS = 3;

    private HoldDifferences() {}

    /** Returns for each hold of {@code set} what tells it apart; nothing for one whose summary does that. */
    static Map<String, String> of(HoldQuestion.ShownSet set) {
        Map<String, String> differences = new HashMap<>();
        set.holds().stream()
                .collect(Collectors.groupingBy(hold -> hold.line().summary()))
                .values()
                .forEach(alike -> differences.putAll(among(alike)));
        return differences;
    }

    private static Map<String, String> among(List<HoldQuestion.ShownHold> alike) {
        List<Map<String, String>> facts =
                alike.stream().map(HoldDifferences::facts).toList();
        Map<String, Set<String>> values = new TreeMap<>();
        for (Map<String, String> each : facts) {
            each.forEach((name, value) ->
                    values.computeIfAbsent(name, _ -> new HashSet<>()).add(value));
        }
        List<String> differing = values.entrySet().stream()
                .filter(each ->
                        each.getValue().size() > 1 || facts.stream().anyMatch(one -> !one.containsKey(each.getKey())))
                .map(Map.Entry::getKey)
                .limit(MAX_FACTS)
                .toList();
        Map<String, String> differences = new HashMap<>();
        for (int i = 0; i < alike.size(); i++) {
            Map<String, String> own = facts.get(i);
            differences.put(
                    alike.get(i).line().id(),
                    differing.stream()
                            .flatMap(name -> Optional.ofNullable(own.get(name))
                                    .map(value -> name + ": " + VisibleText.shortened(value, MAX_VALUE))
                                    .stream())
                            .collect(Collectors.joining(", ")));
        }
        return differences;
    }

    private static Map<String, String> facts(HoldQuestion.ShownHold hold) {
        KeptTexts texts = new KeptTexts(hold.texts().orElse(List.of()));
        Map<String, String> facts = new TreeMap<>();
        Json.readObject(hold.statement().getBytes(StandardCharsets.UTF_8))
                .object("meaning")
                .objects("actions")
                .forEach(action -> action.objects("facts").stream()
                        .filter(fact -> !fact.text("name").equals(Fact.DIFF))
                        .forEach(fact -> facts.merge(
                                fact.text("name").replaceFirst("^argument\\.((body|input|query)\\.)?", ""),
                                texts.shown(fact.text("value")),
                                (one, other) -> one + ", " + other)));
        return facts;
    }
}
