package dev.interlock.author;

import dev.interlock.action.Alert;
import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.SealLimits;
import dev.interlock.config.YamlProblemException;
import dev.interlock.config.YamlRecords;
import dev.interlock.policy.PolicyProblem;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** A YAML file of a policy directory. Paths in it are keys, and numbers of items, joined by {@code >}. */
record PolicyYaml<T>(String file, YamlRecords.ReadFile<T> read) {

    private static final String SEPARATOR = " > ";

    /** Reads {@code text} into {@code form}, whose components are the file's keys. */
    static <T> PolicyYaml<T> read(String file, String text, Class<T> form) {
        try {
            return new PolicyYaml<>(
                    file,
                    YamlRecords.exact(form)
                            .with(URI.class, URI::create)
                            .with(Instant.class, Instant::parse)
                            .with(LocalDate.class, LocalDate::parse)
                            .with(Duration.class, PolicyYaml::duration)
                            .with(Resource.class, Resource::parse)
                            .with(Operation.class, Operation::parse)
                            .with(Impact.class, Impact::of)
                            .with(Obligations.Quorum.class, PolicyYaml::quorum)
                            .with(SealLimits.GroupingKey.class, SealLimits.GroupingKey::of)
                            .with(SandboxRules.DecoyReaction.class, SandboxRules.DecoyReaction::of)
                            .with(SandboxRules.FileProtection.class, SandboxRules.FileProtection::of)
                            .with(Alert.AlertKind.class, Alert.AlertKind::of)
                            .with(Alert.Severity.class, Alert.Severity::of)
                            .with(Reversibility.class, PolicyYaml::reversibility)
                            .with(Scenario.ExpectedVerdict.class, Scenario.ExpectedVerdict::of)
                            .read(text));
        } catch (YamlProblemException e) {
            throw new PolicyProblemException(new PolicyProblem(e.position(file), e.problem()));
        }
    }

    T value() {
        return read.value();
    }

    /** Returns the line of {@code path}, or else of what contains it. */
    int line(String path) {
        return read.line(List.of(path.split(SEPARATOR, -1)));
    }

    /** Returns what {@code made} makes. Its {@link IllegalArgumentException} is a problem at {@code path}. */
    <V> V at(String path, Supplier<V> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new PolicyProblemException(new PolicyProblem(file, line(path), String.valueOf(e.getMessage())));
        }
    }

    /** Converts each of the {@code entries} at {@code path} like {@link #at}. */
    <A, B> Map<String, B> each(String path, Map<String, A> entries, BiFunction<String, A, B> made) {
        Map<String, B> all = new LinkedHashMap<>();
        entries.forEach((name, entry) -> all.put(name, at(path + SEPARATOR + name, () -> made.apply(name, entry))));
        return all;
    }

    /** Converts each of the {@code items} at {@code path}, with a path of its own, like {@link #at}. */
    <A, B> List<B> each(String path, List<A> items, BiFunction<String, A, B> made) {
        List<B> all = new ArrayList<>();
        for (A item : items) {
            String own = path + SEPARATOR + (all.size() + 1);
            all.add(at(own, () -> made.apply(own, item)));
        }
        return List.copyOf(all);
    }

    private static Duration duration(String text) {
        return Durations.read(text)
                .orElseThrow(() -> new IllegalArgumentException("write a duration such as `30s`, `10m`, `1h`, `90d`"));
    }

    static Obligations.Quorum quorum(String text) {
        try {
            return Obligations.Quorum.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a quorum is written `2 of owners`", e);
        }
    }

    private static Reversibility reversibility(String word) {
        return Arrays.stream(Reversibility.values())
                .filter(reversibility -> reversibility.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("write `reversible`, `recoverable` or `irreversible`"));
    }
}
