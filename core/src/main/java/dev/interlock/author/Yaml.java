package dev.interlock.author;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.interlock.policy.Problem;
import dev.interlock.policy.Shown;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the plain part of YAML: mappings, lists and scalars. Anchors, aliases, tags, duplicate keys, empty values and
 * further documents are rejected, because two readers may read them differently.
 */
final class Yaml {

    private final String file;
    private final YAMLParser parser;

    private Yaml(String file, YAMLParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /**
     * Reads one document whose root is a mapping.
     *
     * @throws ProblemException if it is anything else
     */
    static Node.Mapping read(String file, String text) {
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            return new Yaml(file, parser).document();
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            String why = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new ProblemException(new Problem(file, Math.max(line, 1), "this is not YAML: " + why));
        } catch (IOException e) {
            throw new ProblemException(new Problem(file, 1, "this cannot be read: " + e.getMessage()));
        }
    }

    private Node.Mapping document() throws IOException {
        JsonToken first = parser.nextToken();
        if (first != JsonToken.START_OBJECT) {
            throw problem("the file must be a mapping, such as `organisation: example`");
        }
        Node.Mapping root = mapping();
        if (parser.nextToken() != null) {
            throw problem("the file holds a second document; put each into a file of its own");
        }
        return root;
    }

    private Node value(JsonToken token) throws IOException {
        refuseIndirection();
        return switch (token) {
            case START_OBJECT -> mapping();
            case START_ARRAY -> items();
            case VALUE_STRING -> scalar(Node.Scalar.Kind.TEXT);
            case VALUE_TRUE, VALUE_FALSE -> scalar(Node.Scalar.Kind.FLAG);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> scalar(Node.Scalar.Kind.NUMBER);
            default -> throw problem("a value is missing; write `[]` for none");
        };
    }

    private Node.Mapping mapping() throws IOException {
        refuseIndirection();
        int line = line();
        Map<String, Node> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (entries.containsKey(name)) {
                throw problem("`" + Shown.of(name) + "` is there twice; remove one of them");
            }
            entries.put(name, value(parser.nextToken()));
        }
        return new Node.Mapping(entries, line);
    }

    private Node.Items items() throws IOException {
        int line = line();
        List<Node> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token));
        }
        return new Node.Items(items, line);
    }

    private Node.Scalar scalar(Node.Scalar.Kind kind) throws IOException {
        return new Node.Scalar(parser.getText(), kind, line());
    }

    private void refuseIndirection() throws IOException {
        if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
            throw problem("anchors, aliases and tags are not read; write the value itself");
        }
    }

    private ProblemException problem(String message) {
        return new ProblemException(new Problem(file, line(), message));
    }

    private int line() {
        return Math.max(parser.currentTokenLocation().getLineNr(), 1);
    }
}
