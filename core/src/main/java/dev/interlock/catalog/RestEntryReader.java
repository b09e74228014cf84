package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
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

    private final String provider;
    private final Shapes inputs;
    private final Map<String, Shapes.Input> headers = new HashMap<>();
    private final ConditionReader conditions;

    /**
     * Creates a reader.
     *
     * @param inputs the types of the file
     * @param headers the header fields that go upstream
     */
    RestEntryReader(String provider, Shapes inputs, Set<String> headers, ConditionReader conditions) {
        this.provider = provider;
        this.inputs = inputs;
        headers.forEach(name -> this.headers.put(name, new Shapes.Input(Optional.empty(), false)));
        this.conditions = conditions;
    }

    /** Reads the one-line form of an operation that only reads. */
    RestEntry read(String name, Section section) {
        RequestLine line = line(section);
        if (!line.method().equals("GET")) {
            throw section.wrong("must be a GET; what else only reads says so under `operations`");
        }
        return plain(name, line, Impact.READ);
    }

    /** Reads the one-line form of an operation that makes a reversible change. */
    RestEntry write(String name, Section section) {
        RequestLine line = line(section);
        if (line.method().equals("GET") || line.method().equals("DELETE")) {
            throw section.wrong("must not be a GET or a DELETE; these say under `operations` what they do");
        }
        return plain(name, line, Impact.WRITE);
    }

    private RestEntry plain(String name, RequestLine line, Impact impact) {
        return new RestEntry(
                name,
                line,
                line.shapes(inputs, headers),
                new Entry(
                        line.arguments(),
                        Set.of(impact),
                        Reversibility.REVERSIBLE,
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        List.of(),
                        Set.of(),
                        List.of(),
                        false,
                        List.of(),
                        Optional.empty(),
                        Optional.empty()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    RestEntry operation(String name, Section section) {
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
                "secrets",
                "when",
                "effect",
                "safer");
        RequestLine line = line(section.require("request"));
        Shapes shapes = line.shapes(inputs, headers);
        EntryReader reader = new EntryReader(provider, shapes, conditions);
        Entry entry = reader.operation(section, line.arguments());
        Optional<Path> replaces =
                section.find("replaces").map(path -> reader.path(path.text(), path, line.arguments()));
        if (replaces.isPresent()
                && !entry.impacts().contains(Impact.DESTROY)
                && !entry.impacts().contains(Impact.PRIVILEGE)) {
            throw section.require("replaces")
                    .wrong("takes away what is left out: `impacts` must hold `destroy` or `privilege`");
        }
        Optional<Comparison> compares =
                section.find("compares").map(how -> comparison(how, section, reader, line, replaces));
        return new RestEntry(
                name,
                line,
                shapes,
                entry,
                part(section, line, entry),
                replaces,
                section.find("stands").map(Section::text),
                compares,
                secrets(section, entry));
    }

    private static Optional<Part> part(Section section, RequestLine line, Entry entry) {
        Optional<Section> said = section.find("part");
        if (said.isEmpty()) {
            return Optional.empty();
        }
        Section part = said.get();
        if (!entry.resources().isEmpty() || !entry.otherwise().isEmpty()) {
            throw part.wrong("is not for what arguments name: `resources` are destroyed themselves");
        }
        if (!entry.possible().contains(Impact.DESTROY)) {
            throw part.wrong("is destroyed: `impacts` must hold `destroy`, or those of a rule");
        }
        return switch (part.scalar()) {
            case "true" -> Optional.of(Part.SOME);
            case "new" -> {
                if (!line.method().equals("POST")
                        || line.template().end().isPresent()
                        || section.find("replaces").isPresent()) {
                    throw part.wrong("is `new` only where a POST makes it, and replaces nothing");
                }
                yield Optional.of(Part.NEW);
            }
            default -> throw part.wrong("must be `true` or `new`, or left out");
        };
    }

    private static Optional<Veil> secrets(Section section, Entry entry) {
        Set<List<String>> paths = new HashSet<>();
        for (Section item : section.find("secrets").map(Section::items).orElse(List.of())) {
            List<String> steps = item.read(Path::parse).steps();
            if (!steps.getFirst().equals(Comparison.ANSWER) || steps.contains(Path.NAMES)) {
                throw item.wrong("begins with `answer`, as `answer.items.token`, and names values");
            }
            paths.add(steps.subList(1, steps.size()));
        }
        if (!paths.isEmpty() && !entry.possible().contains(Impact.CREDENTIAL)) {
            throw section.require("secrets").wrong("are revealed: `impacts` must hold `credential`");
        }
        return section.find("secrets").map(_ -> new Veil(paths));
    }

    private static Comparison comparison(
            Section how, Section operation, EntryReader reader, RequestLine line, Optional<Path> replaces) {
        how.only("sent", "at", "query", "fewer-than", "kept");
        operation.require("stands");
        Path replaced = replaces.orElseThrow(() -> how.wrong("compares what `replaces` names, and it is missing"));
        Path sent = how.find("sent")
                .map(path -> reader.path(path.text(), path, line.arguments()))
                .orElse(replaced);
        Section at = how.require("at");
        Path answer = at.read(Path::parse);
        if (!answer.steps().getFirst().equals(Comparison.ANSWER)) {
            throw at.wrong("begins with `answer`, as `answer.names`");
        }
        Map<String, String> query = new TreeMap<>();
        how.find("query")
                .map(Section::members)
                .orElse(Map.of())
                .forEach((name, value) -> query.put(name, value.scalar()));
        OptionalInt fewerThan = how.find("fewer-than")
                .map(bound -> OptionalInt.of(whole(bound)))
                .orElse(OptionalInt.empty());
        Set<Impact> kept = EntryReader.impacts(how.require("kept"));
        if (kept.equals(Set.of(Impact.READ))) {
            throw how.require("kept").wrong("is still a change: `write` at least");
        }
        return new Comparison(sent, answer, query, fewerThan, kept);
    }

    private static int whole(Section section) {
        if (!section.scalar().matches("[1-9][0-9]{0,5}")) {
            throw section.wrong("must be a whole number");
        }
        return Integer.parseInt(section.scalar());
    }

    private RequestLine line(Section section) {
        RequestLine line = section.read(RequestLine::parse);
        if (line.body() instanceof RequestLine.Members(var members)) {
            inputs.requireKnown(section, new Shapes.Field(members, Optional.empty(), false));
        }
        return line;
    }
}
