package dev.interlock.evidence;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A form in which other programs read receipts. Each line says what the receipt says, and no more. */
enum ExportFormat implements Keyword {
    /** API Activity of the Open Cybersecurity Schema Framework. */
    OCSF,
    /** CloudEvents 1.0, structured. {@code id} and {@code source} together name a receipt for ever. */
    CLOUDEVENTS,
    /**
     * A Statement of in-toto about the bytes of the receipt, with their proof of inclusion. It has no DSSE envelope:
     * that needs a signature over each statement, and the log's key signs checkpoints only.
     */
    IN_TOTO;

    /** Sorts as text as it does as a number. */
    private static final String SEQUENCE = "%020d";

    static ExportFormat of(String word) {
        return Keyword.find(ExportFormat.class, word)
                .orElseThrow(() -> new IllegalArgumentException(
                        "`--format` is ocsf, cloudevents or in-toto, not `" + word + "`"));
    }

    /** {@code intent} is that of an outcome. */
    Json.Members line(long leaf, Receipt receipt, Optional<Receipt> intent) {
        return switch (this) {
            case OCSF -> OcsfEvent.of(leaf, receipt, intent);
            case CLOUDEVENTS ->
                Json.object()
                        .with("specversion", "1.0")
                        .with("id", receipt.id())
                        .with("source", source(receipt.origin()))
                        .with("type", "dev.interlock.receipt." + receipt.kind().word())
                        .with("time", receipt.at().toString())
                        .withOptional("subject", receipt.agent().filter(agent -> !agent.isEmpty()))
                        .with("sequence", String.format(SEQUENCE, leaf))
                        .with("datacontenttype", "application/json")
                        .with("data", receipt.json());
            case IN_TOTO -> {
                Json.Members subject = Json.object()
                        .with("name", receipt.id())
                        .with("digest", Json.object().with("sha256", Sha256.hex(receipt.canonical())));
                yield Json.object()
                        .with("_type", "https://in-toto.io/Statement/v1")
                        .with("subject", new Json.Array(List.of(subject)))
                        .with("predicateType", "interlock:proof/v1");
            }
        };
    }

    /** The predicate is what {@code interlock prove} writes, so {@code interlock verify} reads it. */
    static String withProof(String line, ProofBundle proof) {
        return Json.readObject(line.getBytes(StandardCharsets.UTF_8))
                .with("predicate", proof.json())
                .canonicalText();
    }

    private static String source(String origin) {
        try {
            return new URI("interlock", origin, null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new MalformedException("`origin` cannot be part of a URI", e);
        }
    }
}
