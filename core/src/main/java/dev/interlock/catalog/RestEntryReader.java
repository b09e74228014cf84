package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.OperationTopic;
import dev.interlock.catalog.CatalogEntry.FactPaths;
import dev.interlock.catalog.RestOperation.DestroyedPart;
import dev.interlock.catalog.StateQuestion.StateComparison;
import dev.interlock.catalog.StateQuestion.StateCondition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/** Reads one operation of a REST provider's catalog file. */
final class RestEntryReader {

    private final CatalogHead head;
    private final ProviderSchema inputs;
    private final Map<String, ProviderSchema.InputField> headers = new HashMap<>();

    /** @param inputs the types of the file */
    RestEntryReader(CatalogHead head, ProviderSchema inputs) {
        this.head = head;
        this.inputs = inputs;
        head.forwarded().forEach(name -> headers.put(name, ProviderSchema.InputField.TEXT));
    }

    // Receipts also hold the words that stand in the path and the headers.
    private boolean isPlain(ArgumentPath path) {
        return head.plain().contains(path)
                || !Set.of("body", "query").contains(path.steps().getFirst());
    }

    /** Reads the one-line form of an operation that only reads. */
    RestOperation read(String name, CatalogSection section, Optional<OperationTopic> topic) {
        RequestLine line = line(section);
        if (!line.method().equals("GET")) {
            throw section.wrong("must be a GET; list other reads under `operations`");
        }
        return plain(name, line, Impact.READ, topic);
    }

    /** Reads the one-line form of an operation that makes a reversible change. */
    RestOperation write(String name, CatalogSection section) {
        RequestLine line = line(section);
        if (line.method().equals("GET") || line.method().equals("DELETE")) {
            throw section.wrong("must not be a GET or a DELETE; list those under `operations`");
        }
        return plain(name, line, Impact.WRITE, Optional.empty());
    }

    private RestOperation plain(String name, RequestLine line, Impact impact, Optional<OperationTopic> topic) {
        ProviderSchema shapes = line.shapes(inputs, headers);
        CatalogEntry entry = new EntryReader(head, shapes, this::isPlain)
                .meant(
                        name,
                        CatalogEntry.plain(line.arguments(), impact, FactPaths.NONE)
                                .about(topic));
        return RestOperation.of(name, line, shapes, entry, Optional.empty());
    }

    RestOperation operation(String name, CatalogSection section) {
        section.only(
                "request impacts reversibility resources otherwise besides facts whole outlines ignored piecemeal part replaces stands compares asks secrets when effect safer undo loses about things counts");
        RequestLine line = line(section.require("request"));
        ProviderSchema shapes = line.shapes(inputs, headers);
        EntryReader reader = new EntryReader(head, shapes, this::isPlain);
        CatalogEntry entry = reader.operation(name, section, line.arguments());
        Optional<ArgumentPath> replaces =
                section.find("replaces").map(path -> reader.path(path.text(), path, line.arguments()));
        if (replaces.isPresent()
                && !entry.impacts().contains(Impact.DESTROY)
                && !entry.impacts().contains(Impact.PRIVILEGE)) {
            throw section.require("replaces")
                    .wrong("removes the entries that are left out: `impacts` must hold `destroy` or `privilege`");
        }
        Optional<StateQuestion> compares =
                section.find("compares").map(how -> comparison(how, section, reader, line, replaces));
        Optional<StateQuestion> asks = section.find("asks").map(how -> condition(how, reader, line));
        if (compares.isPresent() && asks.isPresent()) {
            throw section.require("asks").wrong("does not go with `compares`");
        }
        return new RestOperation(
                name,
                line,
                shapes,
                entry,
                section.find("part").map(part -> part(part, section, line, entry)),
                replaces,
                section.find("stands").map(CatalogSection::text),
                compares.or(() -> asks),
                secrets(section, entry));
    }

    private static DestroyedPart part(
            CatalogSection part, CatalogSection section, RequestLine line, CatalogEntry entry) {
        if (!entry.resources().isEmpty() || !entry.otherwise().isEmpty()) {
            throw part.wrong("does not apply to `resources` that arguments name: they are destroyed as a whole");
        }
        if (!entry.possible().contains(Impact.DESTROY)) {
            throw part.wrong("is destroyed: `impacts` must hold `destroy`, or those of a rule");
        }
        return switch (part.scalar()) {
            case "true" -> DestroyedPart.SOME;
            case "new" -> {
                if (!line.method().equals("POST")
                        || line.template().end().isPresent()
                        || section.find("replaces").isPresent()) {
                    throw part.wrong("is `new` only where a POST makes it, and replaces nothing");
                }
                yield DestroyedPart.NEW;
            }
            default -> throw part.wrong("must be `true` or `new`, or left out");
        };
    }

    private static Optional<ResponseRedaction> secrets(CatalogSection section, CatalogEntry entry) {
        Set<List<String>> paths = new HashSet<>();
        for (CatalogSection item : section.items("secrets")) {
            List<String> steps = item.read(ArgumentPath::parse).steps();
            if (!steps.getFirst().equals(StateQuestion.ANSWER) || steps.contains(ArgumentPath.NAMES)) {
                throw item.wrong("begins with `answer`, as `answer.items.token`, and names values");
            }
            paths.add(steps.subList(1, steps.size()));
        }
        if (!paths.isEmpty() && !entry.possible().contains(Impact.CREDENTIAL)) {
            throw section.require("secrets").wrong("are revealed: `impacts` must hold `credential`");
        }
        return section.find("secrets").map(_ -> new ResponseRedaction(paths));
    }

    private StateComparison comparison(
            CatalogSection how,
            CatalogSection operation,
            EntryReader reader,
            RequestLine line,
            Optional<ArgumentPath> replaces) {
        how.only("sent at query fewer-than kept holding");
        operation.require("stands");
        ArgumentPath replaced = replaces.orElseThrow(() -> how.wrong("needs `replaces`, which is missing"));
        ArgumentPath sent = how.find("sent")
                .map(path -> reader.path(path.text(), path, line.arguments()))
                .orElse(replaced);
        Map<String, String> query = new TreeMap<>();
        how.members("query").forEach((name, value) -> query.put(name, value.scalar()));
        OptionalInt fewerThan = OptionalInt.empty();
        if (how.find("fewer-than").isPresent()) {
            CatalogSection bound = how.require("fewer-than");
            if (!bound.scalar().matches("[1-9][0-9]{0,5}")) {
                throw bound.wrong("must be a whole number");
            }
            fewerThan = OptionalInt.of(Integer.parseInt(bound.scalar()));
        }
        CatalogSection at = how.require("at");
        Optional<WordList> holding = how.find("holding").map(head.conditions()::words);
        return new StateComparison(sent, EntryReader.answer(at.text(), at), query, fewerThan, kept(how), holding);
    }

    private static Set<Impact> kept(CatalogSection how) {
        Set<Impact> kept = EntryReader.impacts(how.require("kept"));
        if (kept.equals(Set.of(Impact.READ))) {
            throw how.require("kept").wrong("is still a change: `write` at least");
        }
        return kept;
    }

    private StateCondition condition(CatalogSection how, EntryReader reader, RequestLine line) {
        how.only("read arguments if kept because");
        Map<ArgumentPath, ArgumentTemplate> arguments = EntryReader.templates(how, "arguments");
        arguments
                .values()
                .forEach(template -> template.paths()
                        .forEach(path -> reader.path(path.toString(), how.require("arguments"), line.arguments())));
        CatalogSection when = how.require("if");
        ArgumentCondition condition = head.conditions().read(when);
        condition.paths().forEach(path -> EntryReader.answer(path.toString(), when));
        return new StateCondition(
                how.require("read").text(),
                arguments,
                condition,
                kept(how),
                how.require("because").text());
    }

    private RequestLine line(CatalogSection section) {
        RequestLine line = section.read(RequestLine::parse);
        if (line.body() instanceof RequestLine.Members(var members)) {
            inputs.requireKnown(section, new ProviderSchema.OutputField(members, Optional.empty(), false));
        }
        return line;
    }
}
