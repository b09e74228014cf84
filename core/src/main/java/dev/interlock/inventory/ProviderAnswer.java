package dev.interlock.inventory;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A node of a provider's answer, read strictly. One missing or mistyped member makes the answer invalid, because the
 * missing part could be the one that protects.
 */
record ProviderAnswer(JsonNode node) {

    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e]{1,200}");

    /** Maximum length of a name that people give. */
    private static final int MAX_NAME = 1000;

    /** Maximum depth, beyond that of any answer to our queries. */
    private static final int MAX_DEPTH = 32;

    /**
     * Maximum JSON tokens. A project of a hundred services in fifty environments has a third of it; each takes some
     * fifty bytes once read.
     */
    static final long MAX_TOKENS = 300_000;

    /** Maximum items of a page; no query asks for more at once. */
    static final int MAX_PAGE = 100;

    /**
     * One page of a list.
     *
     * @param nodes its items
     * @param last the cursor of its last item, if it has items
     * @param more whether there is a next page
     */
    record AnswerPage(List<ProviderAnswer> nodes, Optional<String> last, boolean more) {
        AnswerPage {
            nodes = List.copyOf(nodes);
        }

        /** Returns the cursor of the next page, if there is one. */
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
                        .maxDocumentLength(SurveyQueries.MAX_ANSWER)
                        .maxTokenCount(MAX_TOKENS)
                        .build())
                .build();
        return JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /** Returns the {@code data} of an answer without {@code errors}. */
    static ProviderAnswer read(ObjectMapper strict, Bytes body) throws UnresolvedException {
        JsonNode root = tree(strict, body);
        if (root == null || !root.isObject() || root.hasNonNull("errors")) {
            throw malformed();
        }
        return new ProviderAnswer(root).in("data");
    }

    /** Returns the objects of a REST answer that is a list. */
    static List<ProviderAnswer> readList(ObjectMapper strict, Bytes body) throws UnresolvedException {
        return new ProviderAnswer(strict.createObjectNode().set("all", tree(strict, body))).list("all");
    }

    /** Returns a REST answer that is an object. */
    static ProviderAnswer readObject(ObjectMapper strict, Bytes body) throws UnresolvedException {
        return new ProviderAnswer(strict.createObjectNode().set("all", tree(strict, body))).in("all");
    }

    private static JsonNode tree(ObjectMapper strict, Bytes body) throws UnresolvedException {
        try {
            return strict.readTree(body.toArray());
        } catch (IOException e) {
            throw malformed(); // without the cause, which quotes the answer
        }
    }

    /** Returns the object {@code name}. */
    ProviderAnswer in(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isObject()) {
            throw malformed();
        }
        return new ProviderAnswer(child);
    }

    /** Returns the array {@code name}. */
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

    /** Returns the connection {@code name}. */
    AnswerPage page(String name) throws UnresolvedException {
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
            throw malformed(); // the rest could not be queried
        }
        return new AnswerPage(nodes, last, more);
    }

    /** Returns the identifier {@code name}. */
    String word(String name) throws UnresolvedException {
        return optionalWord(name).orElseThrow(ProviderAnswer::malformed);
    }

    /** Returns the identifier {@code name}, which may be null but must be present. */
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

    /** Returns the number {@code name}, as a text. */
    String number(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isIntegralNumber()) {
            throw malformed();
        }
        return child.asText();
    }

    /** Returns the name in {@code name} that somebody gave to something, made safe for a terminal. */
    String name(String name) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !child.isTextual() || child.textValue().length() > MAX_NAME) {
            throw malformed();
        }
        return child.textValue()
                .codePoints()
                .map(c -> VisibleText.isVisible(c) ? c : 0xFFFD)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Returns the time {@code name}, which may be null or missing. */
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
