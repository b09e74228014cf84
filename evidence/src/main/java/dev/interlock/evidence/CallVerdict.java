package dev.interlock.evidence;

import java.util.Optional;

/** What was decided about a call, as one word for a table and for a search. */
public enum CallVerdict implements Keyword {
    /** The policy let it pass, and nobody had to be asked. */
    PERMITTED,
    /** People signed this call. */
    CONFIRMED,
    /** People signed another call like it, and granted more. */
    GRANTED,
    /** The policy refuses it, and it passed because the seal only observes. */
    OBSERVED,
    /** It waited for people. The call that they confirmed is another row, of the same hold. */
    ASKED,
    REFUSED;

    /** Returns the verdict of a call; empty for an outcome or an act of administration. */
    public static Optional<CallVerdict> of(Receipt receipt) {
        return switch (receipt.kind()) {
            case INTENT -> Optional.of(passed(receipt.members()));
            case HELD -> Optional.of(ASKED);
            case REFUSED -> Optional.of(REFUSED);
            case OUTCOME, ADMIN -> Optional.empty();
        };
    }

    private static CallVerdict passed(Json.Members intent) {
        if (intent.get("grant").isPresent()) {
            return GRANTED;
        }
        if (intent.get("hold").isPresent()) {
            return CONFIRMED;
        }
        return intent.get("observed").isPresent() ? OBSERVED : PERMITTED;
    }

    /** Returns the verdict of a search. Throws {@link MalformedException} if {@code word} is none. */
    public static CallVerdict of(String word) {
        return Keyword.find(CallVerdict.class, word)
                .orElseThrow(() -> new MalformedException("`" + word + "` is not a verdict: it is one of permitted,"
                        + " confirmed, granted, observed, asked, refused"));
    }
}
