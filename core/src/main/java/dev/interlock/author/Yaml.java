package dev.interlock.author;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.PolicyProblem;
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
     * @throws PolicyProblemException if it is anything else
     */
    static YamlNode.YamlMapping read(String file, String text) {
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            return new Yaml(file, parser).document();
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            String why = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new PolicyProblemException(new PolicyProblem(file, Math.max(line, 1), "this is not YAML: " + why));
        } catch (IOException e) {
            throw new PolicyProblemException(new PolicyProblem(file, 1, "this cannot be read: " + e.getMessage()));
        }
    }

    private YamlNode.YamlMapping document() throws IOException {
        JsonToken first = parser.nextToken();
        if (first != JsonToken.START_OBJECT) {
            throw problem("the file must be a mapping, such as `organisation: example`");
        }
        YamlNode.YamlMapping root = mapping();
        if (parser.nextToken() != null) {
            throw problem("the file contains a second document; put each into a separate file");
        }
        return root;
    }

    private YamlNode value(JsonToken token) throws IOException {
        refuseIndirection();
        return switch (token) {
            case START_OBJECT -> mapping();
            case START_ARRAY -> items();
            case VALUE_STRING -> scalar(YamlNode.YamlScalar.ScalarKind.TEXT);
            case VALUE_TRUE, VALUE_FALSE -> scalar(YamlNode.YamlScalar.ScalarKind.FLAG);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> scalar(YamlNode.YamlScalar.ScalarKind.NUMBER);
            default -> throw problem("a value is missing; write `[]` for none");
        };
    }

    private YamlNode.YamlMapping mapping() throws IOException {
        refuseIndirection();
        int line = line();
        Map<String, YamlNode> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (entries.containsKey(name)) {
                throw problem("`" + FormattedText.of(name) + "` is given twice; remove one of them");
            }
            entries.put(name, value(parser.nextToken()));
        }
        return new YamlNode.YamlMapping(entries, line);
    }

    private YamlNode.YamlSequence items() throws IOException {
        int line = line();
        List<YamlNode> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token));
        }
        return new YamlNode.YamlSequence(items, line);
    }

    private YamlNode.YamlScalar scalar(YamlNode.YamlScalar.ScalarKind kind) throws IOException {
        return new YamlNode.YamlScalar(parser.getText(), kind, line());
    }

    private void refuseIndirection() throws IOException {
        if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
            throw problem("anchors, aliases and tags are not supported; write the value itself");
        }
    }

    private PolicyProblemException problem(String message) {
        return new PolicyProblemException(new PolicyProblem(file, line(), message));
    }

    private int line() {
        return Math.max(parser.currentTokenLocation().getLineNr(), 1);
    }
}
