package dev.interlock.evidence;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;

/** A form in which other programs read receipts. A line says what the receipt says, and no more. */
enum ExportFormat implements Keyword {
    /** Open Cybersecurity Schema Framework. */
    OCSF,
    /** CloudEvents 1.0, structured. {@code id} and {@code source} together name a receipt for ever. */
    CLOUDEVENTS,
    /**
     * A Statement about the bytes of the receipt, with their proof of inclusion. It has no DSSE envelope: that needs a
     * signature over each statement, and the log's key signs checkpoints only.
     */
    IN_TOTO;

    static ExportFormat of(String word) {
        return Keyword.find(ExportFormat.class, word)
                .orElseThrow(() ->
                        new IllegalArgumentException("`--format` is ocsf, cloudevents or in-toto, not `" + word + "`"));
    }

    /** {@code intent} is that of an outcome. */
    Json.Members line(long leaf, Receipt receipt, Optional<Receipt> intent) {
        return switch (this) {
            case OCSF -> OcsfEvent.of(leaf, receipt, intent);
            case CLOUDEVENTS ->
                Json.object()
                        .with("specversion", "1.0")
                        .with("id", receipt.id())
                        .with("source", "interlock:" + source(receipt.origin()))
                        .with("type", "dev.interlock.receipt." + receipt.kind().word())
                        .with("time", receipt.at().toString())
                        .withOptional("subject", receipt.agent().filter(agent -> !agent.isEmpty()))
                        .with("sequence", String.format("%020d", leaf)) // sorts as text as it does as a number
                        .with("datacontenttype", "application/json")
                        .with("data", receipt.json());
            case IN_TOTO ->
                Json.object()
                        .with("_type", "https://in-toto.io/Statement/v1")
                        .withItems(
                                "subject",
                                Stream.of(Json.object()
                                        .with("name", receipt.id())
                                        .with("digest", Json.object().with("sha256", Sha256.hex(receipt.canonical())))))
                        .with("predicateType", "interlock:proof/v1");
        };
    }

    /** Adds to {@code line} what depends on the end of {@code log}: what {@code interlock prove} writes. */
    String finished(String line, long leaf, StaticLog log) throws IOException {
        return this != IN_TOTO
                ? line
                : Json.readObject(line.getBytes(StandardCharsets.UTF_8))
                        .with("predicate", log.prove(leaf, Optional.empty()).json())
                        .canonicalText();
    }

    private static String source(String origin) {
        return URLEncoder.encode(origin, StandardCharsets.UTF_8).replace("%2F", "/");
    }
}
