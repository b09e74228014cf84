package dev.interlock.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.config.PlainYaml;
import dev.interlock.config.YamlProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A part of a catalog file that knows its position, so that every complaint names file and key.
 *
 * @param path the keys to this part, and numbers of items, counted from 1
 */
record CatalogSection(String file, PlainYaml yaml, List<String> path, String key, JsonNode node) {

    static CatalogSection read(String file, byte[] bytes) {
        try {
            PlainYaml yaml = PlainYaml.read(new String(bytes, StandardCharsets.UTF_8));
            CatalogSection whole = new CatalogSection(file, yaml, List.of(), "", yaml.root());
            if (yaml.root().isMissingNode()) {
                throw whole.wrong("must be exactly one document that is not empty");
            }
            return whole;
        } catch (YamlProblemException e) {
            throw new CatalogException(e.position(file) + ": " + e.problem());
        }
    }

    CatalogException wrong(String problem) {
        return new CatalogException(
                file + ":" + yaml.line(path) + ": `" + (key.isEmpty() ? "(whole file)" : key) + "`: " + problem);
    }

    CatalogSection with(JsonNode content) {
        return new CatalogSection(file, yaml, path, key, content);
    }

    /** Returns this section if it is a mapping with no other keys than these, which blanks separate. */
    CatalogSection only(String keys) {
        Set<String> known = Set.of(keys.split(" "));
        for (Map.Entry<String, JsonNode> member : mapping().properties()) {
            String name = member.getKey();
            if (!known.contains(name)) {
                throw below(name, name, node).wrong("is not a known key here");
            }
        }
        return this;
    }

    Optional<CatalogSection> find(String name) {
        return Optional.ofNullable(mapping().get(name)).map(found -> below(name, name, found));
    }

    CatalogSection require(String name) {
        return find(name).orElseThrow(() -> below(name, name, node).wrong("is missing"));
    }

    private CatalogSection below(String step, String name, JsonNode content) {
        List<String> below = new ArrayList<>(path);
        below.add(step);
        return new CatalogSection(file, yaml, List.copyOf(below), key.isEmpty() ? name : key + "." + name, content);
    }

    private JsonNode mapping() {
        if (!node.isObject()) {
            throw wrong("must be a mapping");
        }
        return node;
    }

    /** Returns the sections of this mapping, in the file's order. */
    Map<String, CatalogSection> members() {
        Map<String, CatalogSection> members = new LinkedHashMap<>();
        mapping()
                .properties()
                .forEach(member ->
                        members.put(member.getKey(), below(member.getKey(), member.getKey(), member.getValue())));
        return members;
    }

    /** Returns the sections of the mapping {@code name}; none if it is absent. The same goes for lists. */
    Map<String, CatalogSection> members(String name) {
        return find(name).map(CatalogSection::members).orElse(Map.of());
    }

    List<CatalogSection> items() {
        if (!node.isArray()) {
            throw wrong("must be a list");
        }
        List<CatalogSection> items = new ArrayList<>();
        node.forEach(item -> items.add(below(Integer.toString(items.size() + 1), "[" + items.size() + "]", item)));
        return items;
    }

    List<CatalogSection> items(String name) {
        return find(name).map(CatalogSection::items).orElse(List.of());
    }

    String text() {
        if (!node.isTextual() || node.textValue().isBlank()) {
            throw wrong("must be text");
        }
        return node.textValue();
    }

    /** Does the same as {@link #text}, but also takes numbers and booleans as they are written. */
    String scalar() {
        if (!node.isValueNode() || node.isNull()) {
            throw wrong("must be a single value");
        }
        return node.asText();
    }

    List<String> texts() {
        return items().stream().map(CatalogSection::text).toList();
    }

    List<String> texts(String name) {
        return items(name).stream().map(CatalogSection::text).toList();
    }

    /** Returns the text of this section, read by {@code reader}, whose complaint names this section. */
    <R> R read(Function<String, R> reader) {
        return at(() -> reader.apply(text()));
    }

    /** Returns what {@code made} makes. Its {@link IllegalArgumentException} is a complaint about this section. */
    <R> R at(Supplier<R> made) {
        try {
            return made.get();
        } catch (CatalogException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    /** Returns the items of this list, each read by {@code reader}; none may be there twice. */
    <T> Set<T> once(Function<CatalogSection, T> reader) {
        Set<T> all = new LinkedHashSet<>();
        for (CatalogSection item : items()) {
            if (!all.add(reader.apply(item))) {
                throw item.wrong("is listed twice");
            }
        }
        return Collections.unmodifiableSet(all);
    }

    /** Returns the texts of the list {@code name} below this section, each of which must be among {@code known}. */
    Set<String> once(String name, Set<String> known, String otherwise) {
        return find(name)
                .map(list -> list.once(item -> {
                    if (!known.contains(item.text())) {
                        throw item.wrong(otherwise);
                    }
                    return item.text();
                }))
                .orElse(Set.of());
    }
}
