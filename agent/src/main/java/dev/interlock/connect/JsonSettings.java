package dev.interlock.connect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Sets members of a JSON text and leaves every other character of it as it is: comments, order, blanks. Whatever it
 * writes it reads again, and takes back unless it means what was there and what was to be set.
 */
final class JsonSettings {

    /** Deeper than any settings. */
    private static final int MAX_DEPTH = 50;

    private static final Pattern PLAIN = Pattern.compile("https?://[A-Za-z0-9.:/_-]{1,200}|gemini-api-key");

    private final JsonMapper mapper;

    /** @param comments whether the program that reads it passes comments and commas at the end over */
    JsonSettings(boolean comments) {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .configure(JsonReadFeature.ALLOW_JAVA_COMMENTS, comments)
                .configure(JsonReadFeature.ALLOW_TRAILING_COMMA, comments)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .build();
        mapper = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /** What becomes of a text. */
    record Edited(String text, List<Splice> splices, List<Difference> differences) {
        Edited {
            splices = List.copyOf(splices);
            differences = List.copyOf(differences);
        }
    }

    /**
     * {@code text} with all of {@code members}.
     *
     * @throws NotUnderstoodException if it is no object of JSON, or something else stands where one of them would
     */
    Edited with(String text, List<Member> members) throws NotUnderstoodException {
        String now = text;
        List<Splice> splices = new ArrayList<>();
        List<Difference> differences = new ArrayList<>();
        for (Member member : members) {
            Spot spot = find(now, member);
            if (spot.stands(member)) {
                continue;
            }
            Splice splice = spot.splice(now, member);
            String next = splice.in(now);
            require(tree(next).equals(set(tree(now), member)));
            now = next;
            splices.add(splice);
            differences.add(new Difference(
                    member.name(),
                    spot.value.map(JsonSettings::harmless),
                    member.value().asText()));
        }
        return new Edited(now, splices, differences);
    }

    /** Whether {@code text} has a member there that is more than null. */
    boolean stands(String text, List<String> path) throws NotUnderstoodException {
        JsonNode at = tree(text);
        for (String name : path) {
            at = at.path(name);
        }
        return !at.isMissingNode() && !at.isNull();
    }

    private ObjectNode tree(String text) throws NotUnderstoodException {
        try {
            return mapper.readTree(text) instanceof ObjectNode object ? object : other();
        } catch (JsonProcessingException e) {
            // The message quotes the file, which may hold a secret.
            throw new NotUnderstoodException("It is not understood at line "
                    + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ".");
        }
    }

    private static ObjectNode other() throws NotUnderstoodException {
        throw new NotUnderstoodException("It is not understood: it holds no object of JSON.");
    }

    private static void require(boolean same) throws NotUnderstoodException {
        if (!same) {
            throw new NotUnderstoodException("It is not understood well enough to change it.");
        }
    }

    private static ObjectNode set(ObjectNode tree, Member member) {
        ObjectNode at = tree;
        for (String name : member.path().subList(0, member.path().size() - 1)) {
            at = at.get(name) instanceof ObjectNode inner ? inner : at.putObject(name);
        }
        at.set(member.path().getLast(), member.value());
        return tree;
    }

    /** What stood there, unless it may hold a secret: a command may, and an address with a password or a query. */
    private static String harmless(JsonNode value) {
        boolean plain = value.isBoolean()
                || value.isNumber()
                || PLAIN.matcher(value.asText()).matches();
        return plain ? value.asText() : "(" + value.toString().length() + " characters)";
    }

    /**
     * Where a member stands or would stand.
     *
     * @param begin of the value that stands there; else behind the brace of the innermost object on the way
     * @param end of that value
     * @param value what stands there
     * @param missing the names that are not there
     * @param empty whether that innermost object is
     */
    private record Spot(int begin, int end, Optional<JsonNode> value, List<String> missing, boolean empty) {

        boolean stands(Member member) {
            return value.filter(member.value()::equals).isPresent();
        }

        Splice splice(String text, Member member) {
            if (value.isPresent()) {
                return new Splice(
                        begin, text.substring(begin, end), member.value().toString());
            }
            String line = text.contains("\r\n") ? "\r\n" : "\n";
            String indent = "  ".repeat(member.path().size() - missing.size() + 1);
            // First of all, so that no comma is needed behind what stands there, and no line of it changes.
            String rest = empty ? (text.startsWith("}", begin) ? line + indent.substring(2) : "") : ",";
            return new Splice(begin, "", line + indent + nested(missing, member, line + indent) + rest);
        }

        /** Each object that is made begins a line for each of its members, as people and editors write them. */
        private static String nested(List<String> names, Member member, String line) {
            String name = JsonNodeFactory.instance.textNode(names.getFirst()) + ": ";
            String inner = line + "  ";
            return names.size() == 1
                    ? name + member.value()
                    : name + "{" + inner + nested(names.subList(1, names.size()), member, inner) + line + "}";
        }
    }

    private Spot find(String text, Member member) throws NotUnderstoodException {
        tree(text);
        try (JsonParser parser = mapper.getFactory().createParser(text)) {
            parser.nextToken();
            return find(text, parser, member.path(), member);
        } catch (JsonProcessingException e) {
            throw new NotUnderstoodException("It is not understood.");
        } catch (IOException e) {
            throw new IllegalStateException("a text can be read", e);
        }
    }

    /** The parser stands on the brace of an object in which {@code path} is looked for. */
    private Spot find(String text, JsonParser parser, List<String> path, Member member)
            throws IOException, NotUnderstoodException {
        int inside = offset(parser.currentLocation().getCharOffset());
        boolean empty = true;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            boolean meant = parser.currentName().equals(path.getFirst());
            JsonToken token = parser.nextToken();
            if (meant && path.size() == 1) {
                int begin = offset(parser.currentTokenLocation().getCharOffset());
                parser.skipChildren();
                parser.finishToken(); // of a text, which is read when it is wanted
                int end = offset(parser.currentLocation().getCharOffset());
                return new Spot(begin, end, Optional.of(mapper.readTree(text.substring(begin, end))), path, false);
            }
            if (meant && token != JsonToken.START_OBJECT) {
                throw new NotUnderstoodException("It is not understood: `" + member.name()
                        + "` would have to lie in something that is no object.");
            }
            if (meant) {
                return find(text, parser, path.subList(1, path.size()), member);
            }
            parser.skipChildren();
        }
        return new Spot(inside, inside, Optional.empty(), path, empty);
    }

    private static int offset(long offset) {
        return Math.toIntExact(offset);
    }
}
