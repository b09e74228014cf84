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
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A node of a provider's answer, read strictly. One missing or mistyped member makes the answer invalid, because the
 * missing part could be the one that protects.
 */
record ProviderAnswer(JsonNode node) {

    private static final Pattern WORD = Pattern.compile("[\\x21-\\x7e]{1,200}");

    /** Maximum length of a name that people give. */
    private static final int MAX_NAME = 1000;

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
     * @param last the cursor of its last item, if it has items
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

    static final ObjectMapper STRICT = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxDocumentLength(SurveyQueries.MAX_ANSWER)
                            .maxTokenCount(MAX_TOKENS)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Returns the {@code data} of an answer without {@code errors}. */
    static ProviderAnswer read(Bytes body) throws UnresolvedException {
        ProviderAnswer root = readObject(body);
        if (root.node.hasNonNull("errors")) {
            throw malformed();
        }
        return root.in("data");
    }

    static List<ProviderAnswer> readList(Bytes body) throws UnresolvedException {
        return new ProviderAnswer(STRICT.createObjectNode().set("all", tree(body))).list("all");
    }

    static ProviderAnswer readObject(Bytes body) throws UnresolvedException {
        return new ProviderAnswer(STRICT.createObjectNode().set("all", tree(body))).in("all");
    }

    private static JsonNode tree(Bytes body) throws UnresolvedException {
        try {
            return STRICT.readTree(body.toArray());
        } catch (IOException e) {
            throw malformed(); // without the cause, which quotes the answer
        }
    }

    private JsonNode require(String name, Predicate<JsonNode> form) throws UnresolvedException {
        JsonNode child = node.get(name);
        if (child == null || !form.test(child)) {
            throw malformed();
        }
        return child;
    }

    ProviderAnswer in(String name) throws UnresolvedException {
        return new ProviderAnswer(require(name, JsonNode::isObject));
    }

    List<ProviderAnswer> list(String name) throws UnresolvedException {
        List<ProviderAnswer> items = new ArrayList<>();
        for (JsonNode item : require(name, JsonNode::isArray)) {
            if (!item.isObject()) {
                throw malformed();
            }
            items.add(new ProviderAnswer(item));
        }
        return items;
    }

    AnswerPage page(String name) throws UnresolvedException {
        ProviderAnswer connection = in(name);
        List<ProviderAnswer> nodes = new ArrayList<>();
        for (ProviderAnswer edge : connection.list("edges")) {
            nodes.add(edge.in("node"));
        }
        ProviderAnswer info = connection.in("pageInfo");
        Optional<String> last = info.optionalWord("endCursor");
        boolean more = info.flag("hasNextPage");
        if (nodes.size() > MAX_PAGE || (more && last.isEmpty())) { // the rest could not be queried
            throw malformed();
        }
        return new AnswerPage(nodes, last, more);
    }

    String word(String name) throws UnresolvedException {
        return optionalWord(name).orElseThrow(ProviderAnswer::malformed);
    }

    /** Returns the identifier {@code name}, which may be null but must be present. */
    Optional<String> optionalWord(String name) throws UnresolvedException {
        JsonNode child = require(
                name,
                said -> said.isNull()
                        || (said.isTextual() && WORD.matcher(said.textValue()).matches()));
        return Optional.ofNullable(child.textValue());
    }

    boolean flag(String name) throws UnresolvedException {
        return require(name, JsonNode::isBoolean).booleanValue();
    }

    String number(String name) throws UnresolvedException {
        return require(name, JsonNode::isIntegralNumber).asText();
    }

    /** Returns the name in {@code name} that somebody gave to something, made safe for a terminal. */
    String name(String name) throws UnresolvedException {
        return require(name, said -> said.isTextual() && said.textValue().length() <= MAX_NAME)
                .textValue()
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
