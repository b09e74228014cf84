package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Fact;
import dev.interlock.action.Resource;
import dev.interlock.action.SecretFiles;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/** Finds the entities that policies name, in heads and conditions alike. */
final class NamedEntities {

    /** Maximum combinations of the arguments of one policy; more would only take longer. */
    private static final int MAX_COMBINATIONS = 64;

    private static final String OTHER = "another-text";

    private NamedEntities() {}

    static Set<Resource> resources(List<PolicyRule> rules) {
        Set<Resource> resources = new TreeSet<>();
        ids(rules, EntityUid.RESOURCE).forEach(id -> resources.add(Resource.parse(id)));
        return resources;
    }

    /**
     * Returns whether one of {@code rules} depends on the groups of resources: policies can only test for a named one.
     */
    static boolean readGroups(List<PolicyRule> rules) {
        return rules.stream()
                .filter(rule -> !ids(List.of(rule), EntityUid.RESOURCE).isEmpty())
                .anyMatch(rule -> rule.reads().contains(Trait.GROUPS)
                        || isWithinResource(rule.tree().path("resource")));
    }

    private static boolean isWithinResource(JsonNode head) {
        Set<String> ids = new TreeSet<>();
        collect(head, EntityUid.RESOURCE, ids);
        return !head.path("op").asText().equals("==") && !ids.isEmpty();
    }

    static Set<String> ids(List<PolicyRule> rules, String type) {
        Set<String> ids = new TreeSet<>();
        rules.forEach(rule -> collect(rule.tree(), type, ids));
        return ids;
    }

    /** Returns the texts that conditions compare with something; for a pattern, one that fits. */
    static Set<String> texts(List<PolicyRule> rules) {
        Set<String> texts = new TreeSet<>();
        rules.forEach(rule -> literals(rule.tree().path("conditions"), texts));
        texts.removeIf(text -> !text.matches("[a-z][a-z0-9-]*"));
        return texts;
    }

    private static void literals(JsonNode tree, Set<String> texts) {
        if (tree.path("Value").isTextual()) {
            texts.add(tree.path("Value").asText());
        }
        if (isPattern(tree)) {
            texts.add(fitting(tree.path("like").path("pattern"), ""));
            texts.add(fitting(tree.path("like").path("pattern"), "x"));
        }
        tree.forEach(child -> literals(child, texts));
    }

    /** For each policy that reads arguments: each with every text that the policy compares it with, and another one. */
    static Set<SortedMap<String, String>> comparedArguments(List<PolicyRule> rules) {
        Set<SortedMap<String, String>> all = new LinkedHashSet<>();
        for (PolicyRule rule : rules) {
            SortedMap<String, Set<String>> texts = new TreeMap<>();
            ArgumentReads.of(rule)
                    .names()
                    .forEach(name -> texts.put(name, new TreeSet<>(Set.of(Fact.isCount(name) ? "0" : OTHER))));
            compared(rule.tree().path("conditions"), texts);
            if (texts.remove(Fact.SECRET_FILE) != null) {
                texts.computeIfAbsent(Fact.FILE, _ -> new TreeSet<>()).add(SecretFiles.EXAMPLE);
            }
            List<SortedMap<String, String>> combinations = List.of(new TreeMap<>());
            for (var argument : texts.entrySet()) {
                combinations = combinations.stream()
                        .flatMap(some -> argument.getValue().stream().map(text -> {
                            SortedMap<String, String> more = new TreeMap<>(some);
                            more.put(argument.getKey(), text);
                            return more;
                        }))
                        .limit(MAX_COMBINATIONS)
                        .toList();
            }
            all.addAll(combinations);
        }
        return all;
    }

    private static void compared(JsonNode tree, Map<String, Set<String>> texts) {
        tree.forEach(operands -> {
            for (List<String> sides : List.of(List.of("left", "right"), List.of("right", "left"))) {
                Optional<String> last =
                        TraitAnalysis.path(operands.path(sides.getFirst())).map(List::getLast);
                last.map(texts::get).ifPresent(found -> found.addAll(texts(operands, sides.getLast())));
                last.map(Fact::readCount)
                        .map(texts::get)
                        .ifPresent(found -> found.addAll(amounts(operands.path(sides.getLast()))));
            }
            compared(operands, texts);
        });
    }

    private static Set<String> texts(JsonNode operands, String side) {
        Set<String> texts = new TreeSet<>();
        values(operands.path(side), texts);
        if (operands.path("pattern").isArray()) {
            texts.add(fitting(operands.path("pattern"), ""));
            texts.add(fitting(operands.path("pattern"), "x"));
        }
        texts.removeIf(String::isBlank); // a scenario could not show one
        return texts;
    }

    /** Returns the amounts just below, at and above the one that a quantity is compared with. */
    private static Set<String> amounts(JsonNode side) {
        JsonNode value = side.path("Value");
        return value.canConvertToLong()
                ? LongStream.rangeClosed(value.longValue() - 1, value.longValue() + 1)
                        .filter(amount -> amount >= 0)
                        .mapToObj(Long::toString)
                        .collect(Collectors.toCollection(TreeSet::new))
                : Set.of();
    }

    private static void values(JsonNode tree, Set<String> texts) {
        if (tree.path("Value").isTextual()) {
            texts.add(tree.path("Value").asText());
        }
        tree.forEach(child -> values(child, texts));
    }

    static boolean havePatterns(List<PolicyRule> rules) {
        return rules.stream().anyMatch(rule -> hasPattern(rule.tree().path("conditions")));
    }

    private static boolean hasPattern(JsonNode tree) {
        return isPattern(tree)
                || StreamSupport.stream(tree.spliterator(), false).anyMatch(NamedEntities::hasPattern);
    }

    private static boolean isPattern(JsonNode tree) {
        return tree.path("like").path("pattern").isArray();
    }

    /** Returns a text that fits {@code pattern}, with {@code any} in place of each star. */
    private static String fitting(JsonNode pattern, String any) {
        StringBuilder text = new StringBuilder();
        pattern.forEach(part ->
                text.append(part.isTextual() ? any : part.path("Literal").asText()));
        return text.toString();
    }

    private static void collect(JsonNode tree, String type, Set<String> ids) {
        if (tree.path("type").asText().equals(type) && tree.path("id").isTextual()) {
            ids.add(tree.path("id").asText());
        }
        tree.forEach(child -> collect(child, type, ids));
    }
}
