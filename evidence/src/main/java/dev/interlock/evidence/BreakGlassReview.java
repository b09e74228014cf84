package dev.interlock.evidence;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A signed review of a break-glass, with its finding. Another person than the one who used break-glass must sign it, if
 * there is one.
 *
 * @param hold the hold whose policy was waived
 * @param statement the SHA-256 of the statement that was signed for it, lower-case hexadecimal
 * @param by who signed that
 * @param finding the reviewer's text
 * @param seal the id of the seal in force at the review
 * @param openedAt when it was begun; it must be signed within {@link #SIGNING_TIME}
 */
public record BreakGlassReview(
        String hold, String statement, String by, String finding, String seal, Instant openedAt) {

    /** The SSHSIG namespace for reviews, and nothing else. */
    public static final String NAMESPACE = "interlock-review@v1";

    /** The type of the JSON value. */
    public static final String TYPE = "interlock-review@v1";

    /** The same time as for everything else that people sign outside of a hold. */
    public static final Duration SIGNING_TIME = Duration.ofMinutes(10);

    /** @throws MalformedException if the finding is empty or a reference is malformed */
    public BreakGlassReview {
        if (!StrictFields.isDigest(statement) || !StrictFields.isDigest(seal)) {
            throw new MalformedException("a review names a statement and a seal");
        }
        StrictFields.requireSentence("the finding of a review", finding);
    }

    /** The JSON form. */
    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("hold", hold)
                .with("statement_sha256", statement)
                .with("by", by)
                .with("finding", finding)
                .with("seal", seal)
                .with("opened_at", openedAt.toString())
                .with("expires", openedAt.plus(SIGNING_TIME).toString());
    }

    /** The bytes that are signed: RFC 8785. */
    public byte[] canonical() {
        return json().canonical();
    }

    /**
     * Reads a review.
     *
     * @throws MalformedException unless it is of exactly the members of the format
     */
    public static BreakGlassReview of(Json.Members json) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        BreakGlassReview review = new BreakGlassReview(
                fields.name("hold"),
                fields.digest("statement_sha256"),
                fields.name("by"),
                fields.name("finding"),
                fields.digest("seal"),
                fields.instant("opened_at"));
        fields.constant("expires", review.openedAt().plus(SIGNING_TIME).toString());
        fields.end();
        return review;
    }

    /**
     * Returns who reviewed it. The reviewer must be one of {@code owners} and not the person who used break-glass,
     * unless no other owner could sign.
     *
     * @throws MalformedException if the signature cannot be read
     * @throws BadSignatureException if it does not count
     */
    public Signer check(SealDocument document, String signature) throws BadSignatureException {
        if (!seal.equals(document.id())) {
            throw new BadSignatureException("the review was made under another seal");
        }
        Signer signer = PersonSignature.parse(signature).signer(document, canonical(), NAMESPACE);
        document.requireClass(signer);
        Optional<String> objection = objection(document, signer);
        if (objection.isPresent()) {
            throw new BadSignatureException(objection.get());
        }
        return signer;
    }

    private Optional<String> objection(SealDocument document, Signer signer) {
        if (!document.isIn(SealDocument.OWNERS, signer.person())) {
            return Optional.of("`" + signer.person() + "` is not in `" + SealDocument.OWNERS + "`");
        }
        boolean others = document.people().values().stream()
                .anyMatch(person -> !person.name().equals(by) && person.groups().contains(SealDocument.OWNERS));
        if (signer.person().equals(by) && others) {
            return Optional.of("`" + by + "` used break-glass, so another person must review it");
        }
        return signer.keyClass() == KeyClass.SOFTWARE && signer.person().equals(by)
                ? Optional.of("`" + by + "` reviews their own use, which needs a hardware key")
                : Optional.empty();
    }
}
