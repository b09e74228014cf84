package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Reversibility;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads one operation of a catalog file. */
final class EntryReader {

    private final String provider;
    private final Shapes shapes;
    private final ConditionReader conditions;

    EntryReader(String provider, Shapes shapes, ConditionReader conditions) {
        this.provider = provider;
        this.shapes = shapes;
        this.conditions = conditions;
    }

    /** Reads a query. Without more detail, it only reads and is reversible. */
    Entry query(Section section) {
        return entry(
                section,
                section.find("impacts").map(EntryReader::impacts).orElse(Set.of(Impact.READ)),
                Reversibility.REVERSIBLE);
    }

    /** Reads a mutation. Its impacts and reversibility must be given. */
    Entry mutation(Section section) {
        return entry(section, impacts(section.require("impacts")), reversibility(section.require("reversibility")));
    }

    private Entry entry(Section section, Set<Impact> impacts, Reversibility reversibility) {
        section.only(
                "takes",
                "gives",
                "impacts",
                "reversibility",
                "resources",
                "otherwise",
                "facts",
                "whole",
                "outlines",
                "ignored",
                "piecemeal",
                "when",
                "effect",
                "safer");
        return entry(section, shape(section), impacts, reversibility);
    }

    /** Reads an operation whose request line has been read already. */
    Entry operation(Section section, Shapes.Field shape) {
        return entry(
                section, shape, impacts(section.require("impacts")), reversibility(section.require("reversibility")));
    }

    private Entry entry(Section section, Shapes.Field shape, Set<Impact> impacts, Reversibility reversibility) {
        paths(section, "ignored", shape); // for readers of the file only, but the arguments must still exist
        return new Entry(
                shape,
                impacts,
                reversibility,
                resources(section, "resources", shape),
                resources(section, "otherwise", shape),
                resources(section, "besides", shape),
                paths(section, "facts", shape),
                whole(section, shape),
                paths(section, "outlines", shape),
                isMarked(section, "piecemeal"),
                section.find("when").map(when -> rules(when, shape)).orElse(List.of()),
                section.find("effect").map(Section::text),
                section.find("safer").map(this::safer));
    }

    /** Returns whether {@code name} is present. Its only allowed value is {@code true}. */
    static boolean isMarked(Section section, String name) {
        Optional<Section> mark = section.find(name);
        if (mark.isPresent() && !mark.get().scalar().equals("true")) {
            throw mark.get().wrong("must be `true`, or left out");
        }
        return mark.isPresent();
    }

    private Shapes.Field shape(Section section) {
        Shapes.Field shape = new Shapes.Field(
                section.find("takes")
                        .map(takes -> takes.read(ShapeText::inputs))
                        .orElse(Map.of()),
                section.find("gives").map(Section::text),
                false);
        shapes.requireKnown(section, shape);
        return shape;
    }

    static Set<Impact> impacts(Section section) {
        Set<Impact> impacts = section.words(Impact.class, Impact::of);
        if (impacts.isEmpty() || impacts.contains(Impact.UNKNOWN)) {
            throw section.wrong("must name impacts, and `unknown` is none");
        }
        return impacts;
    }

    private static Reversibility reversibility(Section section) {
        return section.read(text -> {
            for (Reversibility word : Reversibility.values()) {
                if (word.word().equals(text)) {
                    return word;
                }
            }
            throw new IllegalArgumentException("`" + text + "` is not a reversibility");
        });
    }

    private Map<Path, Naming> resources(Section section, String name, Shapes.Field shape) {
        Map<Path, Naming> resources = new LinkedHashMap<>();
        section.find(name).map(Section::members).orElse(Map.of()).forEach((path, text) -> {
            Naming naming = text.read(words -> Naming.parse(words, conditions::words));
            naming.parts().forEach(part -> path(part.toString(), text, shape));
            resources.put(path(path, text, shape), naming);
        });
        return resources;
    }

    private List<Path> paths(Section section, String name, Shapes.Field shape) {
        return section.find(name).map(Section::items).orElse(List.of()).stream()
                .map(item -> path(item.text(), item, shape))
                .toList();
    }

    private Set<Path> whole(Section section, Shapes.Field shape) {
        List<Path> facts = paths(section, "facts", shape);
        List<Path> whole = paths(section, "whole", shape);
        if (!facts.containsAll(whole)) {
            throw section.require("whole").wrong("must be among `facts`, which people see");
        }
        return Set.copyOf(whole);
    }

    Path path(String text, Section where, Shapes.Field shape) {
        try {
            Path path = Path.parse(text);
            path.requireWithin(shape.arguments(), shapes);
            return path;
        } catch (IllegalArgumentException e) {
            throw where.wrong(String.valueOf(e.getMessage()));
        }
    }

    private List<Entry.Rule> rules(Section section, Shapes.Field shape) {
        return section.items().stream().map(item -> rule(item, shape)).toList();
    }

    private Entry.Rule rule(Section section, Shapes.Field shape) {
        section.only("if", "impacts", "reversibility", "because");
        Condition condition = conditions.read(section.require("if"));
        condition.paths().forEach(path -> path(path.toString(), section.require("if"), shape));
        return new Entry.Rule(
                condition,
                section.find("impacts").map(EntryReader::impacts).orElse(Set.of()),
                section.find("reversibility").map(EntryReader::reversibility).orElse(Reversibility.REVERSIBLE),
                section.require("because").text());
    }

    private OperationEntry.Safer safer(Section section) {
        section.only("use", "how");
        return new OperationEntry.Safer(
                new Operation(provider, section.require("use").text()),
                section.require("how").text());
    }
}
