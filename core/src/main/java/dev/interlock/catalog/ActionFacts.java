package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.PlainText;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * Collects the facts of an action: those that people are shown and decisions rest on. Only what the catalog lists is
 * taken, because the rest may be secret.
 */
final class ActionFacts {

    /**
     * Maximum characters of a fact that people must read to its end. It is longer, because they have nothing else to
     * judge by.
     */
    static final int MAX_WHOLE = 4_000;

    static final String ANSWERS = "answers";
    static final String LEADS_OUT_BY = "leads-out-by";
    static final String PROVIDER_SAYS = "provider-says";
    static final String REPLACES = "replaces";
    static final String REVEALS = "reveals";
    static final String STANDS = "stands";
    static final String UNDO = "undo";
    private static final String EFFECT = "effect";
    private static final String OUTLINE = "outline.";

    private static final Set<String> OF_ANY = Set.of(
            ANSWERS,
            EFFECT,
            Fact.BECAUSE,
            Fact.SAFER,
            Fact.DESTROYS,
            Fact.DIFF,
            Fact.KEEPS,
            LEADS_OUT_BY,
            Fact.LEAVES_OUT,
            Fact.THING,
            PROVIDER_SAYS,
            REPLACES,
            REVEALS,
            STANDS,
            UNDO,
            "session",
            "target");

    /** Nothing else of the resource is lost. */
    static final Fact PART = known(Fact.DESTROYS, "only a part of it");

    private ActionFacts() {}

    static List<Fact> of(AppliedEntry applied, List<Fact> between) {
        CatalogEntry entry = applied.entry();
        Map<String, Value> arguments = applied.arguments();
        List<Fact> facts = new ArrayList<>();
        entry.effect().ifPresent(effect -> facts.add(known(EFFECT, effect)));
        applied.rules().stream()
                .map(rule -> known(Fact.BECAUSE, rule.because()))
                .filter(because -> !facts.contains(because))
                .forEach(facts::add);
        facts.addAll(applied.told());
        entry.safer().ifPresent(safer -> facts.add(known(Fact.SAFER, safer.how())));
        facts.addAll(between);
        entry.facts().things().forEach((path, kind) -> {
            if (!path.in(arguments).isEmpty()) {
                facts.add(thing(kind, path));
            }
        });
        entry.facts()
                .counts()
                .forEach((name, paths) -> count(name, paths, arguments).ifPresent(facts::add));
        shown(entry).forEach(path -> values(path, arguments).forEach(value -> facts.add(argument(entry, path, value))));
        // Names of members have no order.
        entry.aliases()
                .forEach((name, paths) -> paths.stream()
                        .flatMap(path -> values(path, arguments).stream()
                                .map(value -> claim(Fact.ARGUMENT + name, text(value), isSalted(entry, path, value))))
                        .sorted(Comparator.comparing(Fact::value))
                        .forEach(facts::add));
        entry.outlines()
                .forEach(path -> path.in(arguments)
                        .forEach(value -> facts.add(claim(OUTLINE + path, text(outline(value)), false))));
        return facts;
    }

    static Set<String> names(CatalogEntry entry) {
        Set<String> names = new TreeSet<>(OF_ANY);
        shown(entry).forEach(path -> names.add(Fact.ARGUMENT + path));
        entry.facts().counts().keySet().forEach(name -> names.add(Fact.COUNT + name));
        entry.outlines().forEach(path -> names.add(OUTLINE + path));
        entry.aliases().keySet().forEach(name -> names.add(Fact.ARGUMENT + name));
        entry.topic().filter(OperationTopic.NAMED_FILES::equals).ifPresent(_ -> names.add(Fact.ARGUMENT + Fact.FILE));
        return names;
    }

    private static List<Value> values(ArgumentPath path, Map<String, Value> arguments) {
        List<Optional<Value>> ends = path.ends(arguments);
        return ends.stream().allMatch(Optional::isEmpty)
                ? List.of()
                : ends.stream()
                        .map(end -> end.orElseGet(Value.NullLiteral::new))
                        .toList();
    }

    private static Set<ArgumentPath> shown(CatalogEntry entry) {
        Set<ArgumentPath> paths = entry.naming();
        paths.addAll(entry.facts().all());
        return paths;
    }

    /**
     * Returns a fact in the catalog's own words. The seal pins the catalog, and a signer must not take the fact for the
     * agent's claim.
     */
    static Fact known(String name, String value) {
        return new Fact(name, value, Provenance.SEALED);
    }

    /** Returns the fact that {@code resource}, which the operation names, loses nothing by it. */
    static Fact kept(Resource resource) {
        return known(Fact.KEEPS, resource.toString());
    }

    private static Fact thing(String kind, ArgumentPath path) {
        return known(Fact.THING, kind + Fact.NAMED_BY + path);
    }

    static Fact thing(ThingName.Thing thing) {
        return thing.named().map(path -> thing(thing.kind(), path)).orElseGet(() -> known(Fact.THING, thing.kind()));
    }

    /** Returns the fact of how many there are; empty if there are none: a statement has little room. */
    private static Optional<Fact> count(String name, List<ArgumentPath> paths, Map<String, Value> arguments) {
        OptionalLong count = ArgumentCount.of(paths, arguments);
        String said = count.isPresent() ? Long.toString(count.getAsLong()) : Fact.UNCOUNTED;
        return Optional.of(new Fact(Fact.COUNT + name, said, Provenance.RESOLVED))
                .filter(fact -> !fact.value().equals("0"));
    }

    /** Returns the fact of what an agent answers to what a server has asked it for. */
    static Fact answers(Value value) {
        return claim(ANSWERS, text(value), true);
    }

    /** Returns the fact of an argument that names what is touched: receipts hold the name anyway. */
    static Fact naming(ArgumentPath path, Value value) {
        return claim(Fact.ARGUMENT + path, text(value), false);
    }

    /** Returns the fact of an argument of a selected field, which policies find as {@code name}. */
    static Fact selecting(String name, Value value) {
        return claim(Fact.ARGUMENT + name, text(value), true);
    }

    /** Returns the fact that a thing is read without the argument that policies find as {@code name}. */
    static Fact unnamed(String name) {
        return claim(Fact.ARGUMENT + name, Fact.UNNAMED, false);
    }

    private static Fact argument(CatalogEntry entry, ArgumentPath path, Value value) {
        String text = entry.facts().whole().contains(path) ? requireReadable(path, whole(value)) : text(value);
        return claim(Fact.ARGUMENT + path, text, isSalted(entry, path, value));
    }

    private static boolean isSalted(CatalogEntry entry, ArgumentPath path, Value value) {
        boolean isPlain = entry.naming().contains(path) || entry.facts().plain().contains(path);
        return !isPlain(value, isPlain, path.isOfTexts());
    }

    /**
     * Returns whether receipts hold {@code value} itself. They always hold single numbers, and what is true, false or
     * null. Where the catalog says so, they hold single words too. A longer text is a free text, whatever the catalog
     * says.
     */
    private static boolean isPlain(Value value, boolean words, boolean isOfTexts) {
        return switch (value) {
            case Value.NullLiteral _, Value.Flag _ -> true;
            case Value.Numeric _ -> PlainText.isLiteral(text(value));
            case Value.Text(String text) ->
                text.isEmpty() || (isOfTexts && PlainText.isLiteral(text)) || (words && PlainText.isWord(text));
            case Value.LongText _ -> false;
            case Value.Word(String word) -> words && PlainText.isWord(word);
            case Value.Items(List<Value> items) ->
                items.stream()
                        .allMatch(
                                item -> (words || !(item instanceof Value.Numeric)) && isPlain(item, words, isOfTexts));
            case Value.Members(Map<String, Value> members) ->
                members.isEmpty()
                        || (words
                                && members.keySet().stream().allMatch(PlainText::isWord)
                                && members.values().stream().allMatch(member -> isPlain(member, true, isOfTexts)));
        };
    }

    /**
     * Returns the whole text, or refuses the call if it is too long. People must not confirm a text of which they saw
     * only the beginning.
     */
    private static String requireReadable(ArgumentPath path, String text) {
        if (text.length() > MAX_WHOLE) {
            throw new UnreadableException(CatalogRefusals.TEXT_TOO_LONG, path, text.length(), MAX_WHOLE);
        }
        return text;
    }

    private static Fact claim(String name, String value, boolean isSalted) {
        return new Fact(name, value, Provenance.CLAIMED, isSalted);
    }

    private static String text(Value value) {
        return Fact.shortened(whole(value));
    }

    private static String whole(Value value) {
        return value.scalar().orElseGet(value::json);
    }

    private static Value outline(Value value) {
        return value.leaves(
                leaf -> leaf instanceof Value.NullLiteral || leaf instanceof Value.Flag ? leaf : new Value.Text("..."));
    }
}
