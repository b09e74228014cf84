package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Provenance;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What is shown of an action, and what its decision rests on: only what the catalog lists, for the rest may be secret.
 */
final class Facts {

    /** A start command is shorter; a receipt holds 16 KB in all. */
    static final int MAX_TEXT = 1_000;

    private Facts() {}

    /** @param between what the reading itself noticed */
    static List<Fact> of(Map<String, Value> arguments, Entry entry, List<Entry.Rule> rules, List<Fact> between) {
        List<Fact> facts = new ArrayList<>();
        entry.effect().ifPresent(effect -> facts.add(known("effect", effect)));
        rules.forEach(rule -> facts.add(known("because", rule.because())));
        entry.safer().ifPresent(safer -> facts.add(known(Fact.SAFER, safer.how())));
        facts.addAll(between);
        shown(entry).forEach(path -> path.in(arguments).forEach(value -> facts.add(shown(path, value))));
        entry.outlines()
                .forEach(path ->
                        path.in(arguments).forEach(value -> facts.add(claim("outline." + path, text(outline(value))))));
        return facts;
    }

    private static Set<Path> shown(Entry entry) {
        Set<Path> paths = new LinkedHashSet<>(entry.resources().keySet());
        paths.addAll(entry.otherwise().keySet());
        paths.addAll(entry.facts());
        return paths;
    }

    /** In the catalog's own words, and the seal pins the catalog: a signer must not take it for the agent's. */
    static Fact known(String name, String value) {
        return new Fact(name, value, Provenance.SEALED);
    }

    static Fact shown(Path path, Value value) {
        return claim("argument." + path, text(value));
    }

    private static Fact claim(String name, String value) {
        return new Fact(name, value, Provenance.CLAIMED);
    }

    private static String text(Value value) {
        Value shown = described(value);
        return shortened(shown.scalar().orElseGet(shown::json));
    }

    static String shortened(String text) {
        return text.length() <= MAX_TEXT
                ? text
                : text.substring(0, MAX_TEXT) + "... (" + text.length() + " characters)";
    }

    /** {@code value} with words for the files in it, of which JSON shows nothing. */
    private static Value described(Value value) {
        return switch (value) {
            case Value.File file -> new Value.Text(file.described());
            case Value.Items items ->
                new Value.Items(items.items().stream().map(Facts::described).toList());
            case Value.Members members -> new Value.Members(each(members, Facts::described));
            case Value.Nothing _, Value.Flag _, Value.Numeric _, Value.Text _, Value.Word _ -> value;
        };
    }

    /** The shape of {@code value}, with texts and numbers left out. */
    private static Value outline(Value value) {
        return switch (value) {
            case Value.Text _, Value.Numeric _, Value.Word _, Value.File _ -> new Value.Text("...");
            case Value.Items items ->
                new Value.Items(items.items().stream().map(Facts::outline).toList());
            case Value.Members members -> new Value.Members(each(members, Facts::outline));
            case Value.Nothing _, Value.Flag _ -> value;
        };
    }

    private static Map<String, Value> each(Value.Members members, UnaryOperator<Value> change) {
        Map<String, Value> changed = new LinkedHashMap<>();
        members.members().forEach((name, value) -> changed.put(name, change.apply(value)));
        return changed;
    }
}
