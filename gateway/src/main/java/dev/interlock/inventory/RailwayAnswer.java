package dev.interlock.inventory;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.action.Bytes;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a GraphQL answer, read strictly: one missing or mistyped member and the answer is worth nothing, because a
 * part that is left out could be the one that protects.
 */
record RailwayAnswer(JsonNode node) {

    /** Cursors and identifiers: what the provider has ever been seen to send is shorter than 64. */
    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e]{1,200}");

    /** Deeper than any answer to our questions. */
    private static final int MAX_DEPTH = 32;

    /**
     * One page of a list.
     *
     * @param nodes its items
     * @param last the cursor of its last item, if it has items
     * @param more whether there is a next page
     */
    record Page(List<RailwayAnswer> nodes, Optional<String> last, boolean more) {
        Page {
            nodes = List.copyOf(nodes);
        }

        /** Where the next page begins, if there is one. */
        Optional<String> next() {
            return more ? last : Optional.empty();
        }
    }

    static ObjectMapper strictMapper() {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxDocumentLength(Questions.MAX_ANSWER)
                        .build())
                .build();
        return JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /**
     * The {@code data} of an answer without {@code errors}.
     *
     * @throws UnresolvedException if it is anything else
     */
    static RailwayAnswer read(ObjectMapper strict, Bytes body) throws UnresolvedException {
        JsonNode root = tree(strict, body);
        if (root == null || !root.isObject() || root.hasNonNull("errors")) {
            throw malformed();
        }
        return new RailwayAnswer(root).in("data");
    }

    private static JsonNode tree(ObjectMapper strict, Bytes body) throws UnresolvedException {
        try {
            return strict.readTree(body.toArray());
        } catch (IOException e) {
            throw malformed(); // the cause quotes the answer
        }
    }

    /** The object {@code name}. */
    RailwayAnswer in(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isObject()) {
            throw malformed();
        }
        return new RailwayAnswer(child);
    }

    /** The array {@code name}. */
    List<RailwayAnswer> list(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isArray()) {
            throw malformed();
        }
        List<RailwayAnswer> items = new ArrayList<>();
        for (JsonNode item : child) {
            if (!item.isObject()) {
                throw malformed();
            }
            items.add(new RailwayAnswer(item));
        }
        return items;
    }

    /** The connection {@code name}. */
    Page page(String name) throws UnresolvedException {
        RailwayAnswer connection = in(name);
        List<RailwayAnswer> nodes = new ArrayList<>();
        for (RailwayAnswer edge : connection.list("edges")) {
            nodes.add(edge.in("node"));
        }
        RailwayAnswer info = connection.in("pageInfo");
        Optional<String> last = info.optionalWord("endCursor");
        boolean more = info.flag("hasNextPage");
        if (more && last.isEmpty()) {
            throw malformed(); // a part that cannot be asked for
        }
        return new Page(nodes, last, more);
    }

    /** The identifier {@code name}. */
    String word(String name) throws UnresolvedException {
        return optionalWord(name).orElseThrow(RailwayAnswer::malformed);
    }

    /** The identifier {@code name}, where it may be null; it must have been answered. */
    Optional<String> optionalWord(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child != null && child.isNull()) {
            return Optional.empty();
        }
        if (child == null
                || !child.isTextual()
                || !WORD.matcher(child.textValue()).matches()) {
            throw malformed();
        }
        return Optional.of(child.textValue());
    }

    boolean flag(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isBoolean()) {
            throw malformed();
        }
        return child.booleanValue();
    }

    Instant time(String name) throws UnresolvedException {
        try {
            return Instant.parse(word(name));
        } catch (DateTimeException e) {
            throw malformed();
        }
    }

    private static UnresolvedException malformed() {
        return new UnresolvedException("the provider's answer is not of the expected form");
    }
}
