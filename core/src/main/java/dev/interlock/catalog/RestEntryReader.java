package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.catalog.CatalogEntry.FactPaths;
import dev.interlock.catalog.RestOperation.DestroyedPart;
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

    /** The parts of a request that may hold free text. */
    private static final Set<String> FREE = Set.of("body", "query");

    private final String provider;
    private final ProviderSchema inputs;
    private final Map<String, ProviderSchema.InputField> headers = new HashMap<>();
    private final ConditionReader conditions;
    private final PlainPaths plain;

    /**
     * Creates a reader.
     *
     * @param inputs the types of the file
     * @param headers the header fields that go upstream
     * @param plain the arguments whose words receipts hold
     */
    RestEntryReader(
            String provider, ProviderSchema inputs, Set<String> headers, ConditionReader conditions, PlainPaths plain) {
        this.plain = plain;
        this.provider = provider;
        this.inputs = inputs;
        headers.forEach(name -> this.headers.put(name, new ProviderSchema.InputField(Optional.empty(), false)));
        this.conditions = conditions;
    }

    /** Returns whether receipts hold the words at {@code path}: also all that stands in the path and the headers. */
    private boolean isPlain(ArgumentPath path) {
        return plain.contains(path) || !FREE.contains(path.steps().getFirst());
    }

    /** Reads the one-line form of an operation that only reads. */
    RestOperation read(String name, CatalogSection section) {
        RequestLine line = line(section);
        if (!line.method().equals("GET")) {
            throw section.wrong("must be a GET; list other reads under `operations`");
        }
        return plain(name, line, Impact.READ);
    }

    /** Reads the one-line form of an operation that makes a reversible change. */
    RestOperation write(String name, CatalogSection section) {
        RequestLine line = line(section);
        if (line.method().equals("GET") || line.method().equals("DELETE")) {
            throw section.wrong("must not be a GET or a DELETE; list those under `operations`");
        }
        return plain(name, line, Impact.WRITE);
    }

    private RestOperation plain(String name, RequestLine line, Impact impact) {
        return RestOperation.of(
                name,
                line,
                line.shapes(inputs, headers),
                CatalogEntry.plain(line.arguments(), impact, FactPaths.NONE),
                Optional.empty());
    }

    RestOperation operation(String name, CatalogSection section) {
        section.only(
                "request",
                "impacts",
                "reversibility",
                "resources",
                "otherwise",
                "besides",
                "facts",
                "whole",
                "outlines",
                "ignored",
                "piecemeal",
                "part",
                "replaces",
                "stands",
                "compares",
                "asks",
                "secrets",
                "when",
                "effect",
                "safer",
                "undo",
                "loses",
                "about");
        RequestLine line = line(section.require("request"));
        ProviderSchema shapes = line.shapes(inputs, headers);
        EntryReader reader = new EntryReader(provider, shapes, conditions, this::isPlain);
        CatalogEntry entry = reader.operation(section, line.arguments());
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
                part(section, line, entry),
                replaces,
                section.find("stands").map(CatalogSection::text),
                compares.or(() -> asks),
                secrets(section, entry));
    }

    private static Optional<DestroyedPart> part(CatalogSection section, RequestLine line, CatalogEntry entry) {
        Optional<CatalogSection> said = section.find("part");
        if (said.isEmpty()) {
            return Optional.empty();
        }
        CatalogSection part = said.get();
        if (!entry.resources().isEmpty() || !entry.otherwise().isEmpty()) {
            throw part.wrong("does not apply to `resources` that arguments name: they are destroyed as a whole");
        }
        if (!entry.possible().contains(Impact.DESTROY)) {
            throw part.wrong("is destroyed: `impacts` must hold `destroy`, or those of a rule");
        }
        return switch (part.scalar()) {
            case "true" -> Optional.of(DestroyedPart.SOME);
            case "new" -> {
                if (!line.method().equals("POST")
                        || line.template().end().isPresent()
                        || section.find("replaces").isPresent()) {
                    throw part.wrong("is `new` only where a POST makes it, and replaces nothing");
                }
                yield Optional.of(DestroyedPart.NEW);
            }
            default -> throw part.wrong("must be `true` or `new`, or left out");
        };
    }

    private static Optional<ResponseRedaction> secrets(CatalogSection section, CatalogEntry entry) {
        Set<List<String>> paths = new HashSet<>();
        for (CatalogSection item :
                section.find("secrets").map(CatalogSection::items).orElse(List.of())) {
            List<String> steps = item.read(ArgumentPath::parse).steps();
            if (!steps.getFirst().equals(StateComparison.ANSWER) || steps.contains(ArgumentPath.NAMES)) {
                throw item.wrong("begins with `answer`, as `answer.items.token`, and names values");
            }
            paths.add(steps.subList(1, steps.size()));
        }
        if (!paths.isEmpty() && !entry.possible().contains(Impact.CREDENTIAL)) {
            throw section.require("secrets").wrong("are revealed: `impacts` must hold `credential`");
        }
        return section.find("secrets").map(_ -> new ResponseRedaction(paths));
    }

    private static StateComparison comparison(
            CatalogSection how,
            CatalogSection operation,
            EntryReader reader,
            RequestLine line,
            Optional<ArgumentPath> replaces) {
        how.only("sent", "at", "query", "fewer-than", "kept");
        operation.require("stands");
        ArgumentPath replaced = replaces.orElseThrow(() -> how.wrong("needs `replaces`, which is missing"));
        ArgumentPath sent = how.find("sent")
                .map(path -> reader.path(path.text(), path, line.arguments()))
                .orElse(replaced);
        CatalogSection at = how.require("at");
        ArgumentPath answer = at.read(ArgumentPath::parse);
        if (!answer.steps().getFirst().equals(StateComparison.ANSWER)) {
            throw at.wrong("begins with `answer`, as `answer.names`");
        }
        Map<String, String> query = new TreeMap<>();
        how.find("query")
                .map(CatalogSection::members)
                .orElse(Map.of())
                .forEach((name, value) -> query.put(name, value.scalar()));
        OptionalInt fewerThan = how.find("fewer-than")
                .map(bound -> OptionalInt.of(whole(bound)))
                .orElse(OptionalInt.empty());
        Set<Impact> kept = kept(how);
        return new StateComparison(sent, answer, query, fewerThan, kept);
    }

    private static Set<Impact> kept(CatalogSection how) {
        Set<Impact> kept = EntryReader.impacts(how.require("kept"));
        if (kept.equals(Set.of(Impact.READ))) {
            throw how.require("kept").wrong("is still a change: `write` at least");
        }
        return kept;
    }

    private StateQuestion condition(CatalogSection how, EntryReader reader, RequestLine line) {
        how.only("read", "arguments", "if", "kept", "because");
        Map<ArgumentPath, ArgumentTemplate> arguments = EntryReader.templates(how, "arguments");
        arguments
                .values()
                .forEach(template -> template.paths()
                        .forEach(path -> reader.path(path.toString(), how.require("arguments"), line.arguments())));
        ArgumentCondition condition = conditions.read(how.require("if"));
        if (!condition.paths().allMatch(path -> path.steps().getFirst().equals(StateComparison.ANSWER))) {
            throw how.require("if").wrong("is about the answer: paths begin with `answer`, as `answer.name`");
        }
        return new StateCondition(
                how.require("read").text(),
                arguments,
                condition,
                kept(how),
                how.require("because").text());
    }

    private static int whole(CatalogSection section) {
        if (!section.scalar().matches("[1-9][0-9]{0,5}")) {
            throw section.wrong("must be a whole number");
        }
        return Integer.parseInt(section.scalar());
    }

    private RequestLine line(CatalogSection section) {
        RequestLine line = section.read(RequestLine::parse);
        if (line.body() instanceof RequestLine.Members(var members)) {
            inputs.requireKnown(section, new ProviderSchema.OutputField(members, Optional.empty(), false));
        }
        return line;
    }
}
