package dev.interlock.inventory;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Plain;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a provider's answer, read strictly: one missing or mistyped member and the answer is worth nothing,
 * because a part that is left out could be the one that protects.
 */
record ProviderAnswer(JsonNode node) {

    /** Cursors and identifiers: what the provider has ever been seen to send is shorter than 64. */
    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e]{1,200}");

    /** Names that people give are shorter. */
    private static final int MAX_NAME = 1000;

    /** Deeper than any answer to our questions. */
    private static final int MAX_DEPTH = 32;

    /**
     * A project of a hundred services in fifty environments has a third of it; each takes some fifty bytes once read.
     */
    static final long MAX_TOKENS = 300_000;

    /** No question asks for more at once. */
    static final int MAX_PAGE = 100;

    /**
     * One page of a list.
     *
     * @param nodes its items
     * @param last the cursor of its last item, if it has items
     * @param more whether there is a next page
     */
    record Page(List<ProviderAnswer> nodes, Optional<String> last, boolean more) {
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
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxDocumentLength(Questions.MAX_ANSWER)
                        .maxTokenCount(MAX_TOKENS)
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
    static ProviderAnswer read(ObjectMapper strict, Bytes body) throws UnresolvedException {
        JsonNode root = tree(strict, body);
        if (root == null || !root.isObject() || root.hasNonNull("errors")) {
            throw malformed();
        }
        return new ProviderAnswer(root).in("data");
    }

    /**
     * The objects of an answer that is a list, as REST has them.
     *
     * @throws UnresolvedException if it is anything else
     */
    static List<ProviderAnswer> readList(ObjectMapper strict, Bytes body) throws UnresolvedException {
        return new ProviderAnswer(strict.createObjectNode().set("all", tree(strict, body))).list("all");
    }

    /**
     * An answer that is an object, as REST has them.
     *
     * @throws UnresolvedException if it is anything else
     */
    static ProviderAnswer readObject(ObjectMapper strict, Bytes body) throws UnresolvedException {
        return new ProviderAnswer(strict.createObjectNode().set("all", tree(strict, body))).in("all");
    }

    private static JsonNode tree(ObjectMapper strict, Bytes body) throws UnresolvedException {
        try {
            return strict.readTree(body.toArray());
        } catch (IOException e) {
            throw malformed(); // the cause quotes the answer
        }
    }

    /** The object {@code name}. */
    ProviderAnswer in(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isObject()) {
            throw malformed();
        }
        return new ProviderAnswer(child);
    }

    /** The array {@code name}. */
    List<ProviderAnswer> list(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isArray()) {
            throw malformed();
        }
        List<ProviderAnswer> items = new ArrayList<>();
        for (JsonNode item : child) {
            if (!item.isObject()) {
                throw malformed();
            }
            items.add(new ProviderAnswer(item));
        }
        return items;
    }

    /** The connection {@code name}. */
    Page page(String name) throws UnresolvedException {
        ProviderAnswer connection = in(name);
        List<ProviderAnswer> nodes = new ArrayList<>();
        for (ProviderAnswer edge : connection.list("edges")) {
            nodes.add(edge.in("node"));
        }
        if (nodes.size() > MAX_PAGE) {
            throw malformed();
        }
        ProviderAnswer info = connection.in("pageInfo");
        Optional<String> last = info.optionalWord("endCursor");
        boolean more = info.flag("hasNextPage");
        if (more && last.isEmpty()) {
            throw malformed(); // a part that cannot be asked for
        }
        return new Page(nodes, last, more);
    }

    /** The identifier {@code name}. */
    String word(String name) throws UnresolvedException {
        return optionalWord(name).orElseThrow(ProviderAnswer::malformed);
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

    /** The number {@code name} of something, as a text. */
    String number(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isIntegralNumber()) {
            throw malformed();
        }
        return child.asText();
    }

    /** The name {@code name} that somebody gave to something, as a terminal may draw it. */
    String name(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isTextual() || child.textValue().length() > MAX_NAME) {
            throw malformed();
        }
        return child.textValue()
                .codePoints()
                .map(c -> Plain.is(c) ? c : 0xFFFD)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** The time {@code name}, where it may be null or missing. */
    Optional<Instant> optionalTime(String name) throws UnresolvedException {
        return node.hasNonNull(name) ? Optional.of(time(name)) : Optional.empty();
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
