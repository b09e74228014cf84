package dev.interlock.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.SecretFiles;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One value of each argument of an action that a policy reads, as {@code context.argument}: what the agent sends and
 * the gateway forwards. This is the only place that makes them.
 *
 * @param values by the argument's path, for example {@code body.ref}, and quantities by {@link Fact#readCount}
 * @param unclear the arguments that were sent, and whose texts are not known completely
 * @param salted the arguments whose values must not be quoted, because the log has only their digests
 */
public record Arguments(SortedMap<String, String> values, Set<String> unclear, Set<String> salted) {

    static final Arguments NONE = new Arguments(new TreeMap<>(), Set.of(), Set.of());

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    public Arguments {
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
        unclear = Collections.unmodifiableSet(new TreeSet<>(unclear));
        salted = Collections.unmodifiableSet(new TreeSet<>(salted));
    }

    /**
     * Returns every combination of the values that {@code action} has for the arguments {@code names}. There is at
     * least one.
     *
     * <p>INVARIANT: one more value of an argument adds combinations and removes none.
     *
     * @param most the number after which the others are left out; the caller refuses so many
     */
    static List<Arguments> of(Action action, Set<String> names, int most) {
        if (names.isEmpty()) {
            return List.of(NONE);
        }
        Map<String, Set<String>> values = new LinkedHashMap<>();
        Set<String> unclear = new TreeSet<>();
        Set<String> salted = new TreeSet<>();
        for (Fact fact : action.facts()) {
            Optional<String> argument = fact.readAs().filter(names::contains);
            argument.filter(_ -> fact.isSalted()).ifPresent(salted::add);
            argument.ifPresent(name -> readings(name, fact)
                    .ifPresentOrElse(
                            texts -> values.computeIfAbsent(name, _ -> new LinkedHashSet<>())
                                    .addAll(texts),
                            () -> unclear.add(name)));
        }
        values.keySet().removeAll(unclear);
        List<SortedMap<String, String>> combinations = List.of(new TreeMap<>());
        for (var argument : values.entrySet()) {
            combinations = combinations.stream()
                    .flatMap(some -> argument.getValue().stream().map(text -> {
                        SortedMap<String, String> more = new TreeMap<>(some);
                        more.put(argument.getKey(), text);
                        return more;
                    }))
                    .limit(most)
                    .toList();
        }
        return combinations.stream()
                .map(some -> names.contains(Fact.SECRET_FILE) ? withSecretFile(some) : some)
                .map(some -> new Arguments(some, unclear, salted))
                .toList();
    }

    private static SortedMap<String, String> withSecretFile(SortedMap<String, String> values) {
        String file = values.get(Fact.FILE);
        if (file == null || !SecretFiles.contains(file)) {
            return values;
        }
        SortedMap<String, String> more = new TreeMap<>(values);
        more.put(Fact.SECRET_FILE, file);
        return more;
    }

    /** Returns every text that a provider may read where {@code fact} stands; empty if that is not certain. */
    private static Optional<Set<String>> readings(String name, Fact fact) {
        String text = fact.value();
        if (Fact.isCount(name)) {
            return text.matches("[0-9]{1,18}") ? Optional.of(Set.of(text)) : Optional.empty();
        }
        if (!isCertain(text)) {
            return Optional.empty();
        }
        Set<String> readings = new LinkedHashSet<>(List.of(text));
        if (!text.startsWith("[") && !text.startsWith("{")) {
            return Optional.of(readings);
        }
        try {
            return items(JSON.readTree(text)).map(items -> {
                readings.addAll(items);
                return readings;
            });
        } catch (StreamConstraintsException _) {
            return Optional.empty();
        } catch (JsonProcessingException _) {
            return Optional.of(readings); // a text that only begins like a list
        }
    }

    private static Optional<List<String>> items(JsonNode tree) {
        List<String> items = new ArrayList<>();
        for (JsonNode item : tree) {
            boolean plain = item.isTextual() || item.isBoolean() || item.isNull() || item.isIntegralNumber();
            if (!tree.isArray() || !plain || !isCertain(item.asText())) {
                return Optional.empty();
            }
            items.add(item.asText());
        }
        return tree.isArray() ? Optional.of(items) : Optional.empty();
    }

    SortedMap<String, String> texts() {
        SortedMap<String, String> texts = new TreeMap<>(values);
        texts.keySet().removeIf(Fact::isCount);
        return texts;
    }

    /** Returns the quantities, by their names. */
    SortedMap<String, Long> counts() {
        SortedMap<String, Long> counts = new TreeMap<>();
        values.forEach((name, text) -> {
            if (Fact.isCount(name)) {
                counts.put(Fact.countRead(name), Long.parseLong(text));
            }
        });
        return counts;
    }

    String unclearWords() {
        return unclear.isEmpty()
                ? ""
                : " It may read "
                        + unclear.stream()
                                .map(name -> "`" + FormattedText.of(words(name)) + "`")
                                .collect(Collectors.joining(" and "))
                        + ", and can read only texts, numbers and lists of these, up to " + Fact.MAX_TEXT
                        + " characters.";
    }

    private static String words(String name) {
        return Fact.isCount(name) ? "counts." + Fact.countRead(name) : name;
    }

    private static boolean isCertain(String text) {
        return Fact.isWhole(text) && Json.Text.isScalar(text);
    }

    String words() {
        return values.isEmpty()
                ? ""
                : values.entrySet().stream()
                        .filter(each -> !each.getKey().equals(Fact.SECRET_FILE)) // `file` is said
                        .map(each -> "`" + FormattedText.of(words(each.getKey())) + "` is "
                                + (salted.contains(each.getKey())
                                        ? "as sent"
                                        : "`" + FormattedText.of(each.getValue()) + "`"))
                        .collect(Collectors.joining(" and ", ", where ", ""));
    }
}
