package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.catalog.RequestLine.None;
import dev.interlock.catalog.graphql.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A question that the gateway may ask the provider by itself: a read about one thing, of whose answer one word counts.
 *
 * @param about the type of the thing; the parts of its name, between slashes, fill the path of the read
 * @param read the operation that is asked, which only reads
 * @param names where the answer repeats the name of the thing: a provider also answers by former names
 * @param says where the word stands
 */
record QuestionPlan(String name, String about, String read, ArgumentPath names, ArgumentPath says) {

    /** A part of a name, which goes into a path. */
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e]{1,250}");

    static Map<String, QuestionPlan> all(CatalogSection top) {
        Map<String, QuestionPlan> all = new LinkedHashMap<>();
        top.members("questions").forEach((name, section) -> {
            section.only("about read names says");
            all.put(
                    name,
                    new QuestionPlan(
                            name,
                            section.require("about").text(),
                            section.require("read").text(),
                            answer(section.require("names")),
                            answer(section.require("says"))));
        });
        return Map.copyOf(all);
    }

    private static ArgumentPath answer(CatalogSection section) {
        return EntryReader.answer(section.text(), section);
    }

    /** Checks the operation that it asks. The gateway asks by itself, before anybody has permitted anything. */
    void requireFitting(CatalogSection section, RestOperation asked) {
        if (!asked.possible().equals(Set.of(Impact.READ))
                || !asked.line().method().equals("GET")
                || !(asked.line().body() instanceof None)) {
            throw section.require("read").wrong("must be a GET that only reads, because the gateway asks it by itself");
        }
    }

    /** Returns the parameters of the path of {@code asked}, for a question about {@code thing}. */
    Optional<Map<String, String>> parameters(Resource thing, RestOperation asked) {
        List<String> names = asked.line().template().steps().stream()
                .map(PathTemplate.Step::name)
                .filter(name -> !name.isEmpty())
                .toList();
        List<String> parts = List.of(thing.id().split("/", -1));
        if (!thing.type().equals(about)
                || parts.size() != names.size()
                || !parts.stream().allMatch(part -> PART.matcher(part).matches())) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        names.forEach(name -> parameters.put(name, parts.get(parameters.size())));
        return Optional.of(parameters);
    }

    /** Returns the word, if {@code answer} has one about {@code thing}. */
    Optional<String> read(Resource thing, Bytes answer) {
        Optional<Map<String, Value>> shown = Value.find(answer).map(value -> Map.of(StateQuestion.ANSWER, value));
        return shown.flatMap(root -> only(names, root))
                .filter(named -> named.equalsIgnoreCase(thing.id()))
                .flatMap(_ -> only(says, shown.get()))
                .filter(word -> WORD.matcher(word).matches());
    }

    private static Optional<String> only(ArgumentPath path, Map<String, Value> root) {
        List<Value> values = path.in(root);
        return values.size() == 1 && values.getFirst() instanceof Value.Text(String text)
                ? Optional.of(text)
                : Optional.empty();
    }
}
