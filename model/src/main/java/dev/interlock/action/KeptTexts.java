package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.evidence.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The texts of which a statement or a receipt has only digests, kept beside it for a while. Each is found by the digest
 * that is computed from it here. So a text that somebody has changed is not found.
 */
public final class KeptTexts {

    public static final KeptTexts NONE = new KeptTexts(List.of());

    private static final String TEXTS = "texts";

    private final Map<String, SaltedText> byDigest = new TreeMap<>();

    public KeptTexts(Collection<SaltedText> texts) {
        texts.forEach(text -> byDigest.put(text.digest(), text));
    }

    /**
     * Reads the texts beside a statement or a receipt that the gateway shows; throws
     * {@link dev.interlock.evidence.MalformedException} if they are none.
     */
    public static KeptTexts beside(Json.Members shown) {
        return shown.get(TEXTS).isEmpty()
                ? NONE
                : new KeptTexts(
                        shown.objects(TEXTS).stream().map(SaltedText::of).toList());
    }

    /** Returns them as the gateway shows them; empty if there are none. */
    public Optional<List<SaltedText>> toShow() {
        return Optional.of(List.copyOf(byDigest.values())).filter(texts -> !texts.isEmpty());
    }

    public Optional<String> find(String digest) {
        return Optional.ofNullable(byDigest.get(digest)).map(SaltedText::text);
    }

    /** Returns {@code value}, or, if it is a digest, its text. If that is not here, it says so. */
    public String shown(String value) {
        return !SaltedText.isDigest(value)
                ? value
                : find(value).orElseGet(() -> "(not kept here any more; the log has its digest, " + value + ")");
    }

    /** Returns whether each text is here of which people would sign a digest of {@code statement}. */
    public boolean hasAllOf(Statement statement) {
        return values(statement).filter(SaltedText::isDigest).allMatch(byDigest::containsKey);
    }

    private static Stream<String> values(Statement statement) {
        List<String> values = new ArrayList<>();
        statement
                .meaning()
                .objects("actions")
                .forEach(action -> action.objects("facts").forEach(fact -> values.add(fact.text("value"))));
        statement.request().items("query").forEach(pair -> {
            if (pair instanceof Json.Array(List<Json> parts) && parts.getLast() instanceof Json.Text(String value)) {
                values.add(value);
            }
        });
        return values.stream();
    }
}
