package dev.interlock.evidence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks break-glass and its reviews in the order of the receipts. */
final class BreakGlassPass {

    private static final String BREAK = "break-glass.sign";
    private static final String REVIEW = "break-glass.review";

    private final Map<String, SealDocument> seals;
    private final Map<String, LogReport.BreakGlassUse> broken = new LinkedHashMap<>();

    BreakGlassPass(Map<String, SealDocument> seals) {
        this.seals = seals;
    }

    List<LogReport.BreakGlassUse> broken() {
        return List.copyOf(broken.values());
    }

    /** Returns whether a receipt has recorded the break-glass statement with that digest. */
    boolean knows(String statement) {
        return broken.containsKey(statement);
    }

    /** Returns what is wrong with {@code act}; empty if nothing is, or it is not about break-glass. */
    Optional<String> accept(Receipt act) {
        Json.Members members = act.members();
        if (!is(members, "result", "accepted")) {
            return Optional.empty();
        }
        try {
            if (is(members, "command", BREAK)) {
                return broke(act);
            }
            return is(members, "command", REVIEW) ? reviewed(members) : Optional.empty();
        } catch (MalformedException | BadSignatureException e) {
            return Optional.of("its break-glass record is not valid: " + e.getMessage());
        }
    }

    private static boolean is(Json.Members members, String name, String value) {
        return members.get(name).equals(Optional.of(new Json.Text(value)));
    }

    private Optional<String> broke(Receipt act) {
        IntentConfirmation evidence = new IntentConfirmation(act);
        Statement statement = evidence.statement();
        Optional<BreakGlass.BreakGlassNote> why = statement.breakGlass();
        if (why.isEmpty()) {
            return Optional.of("it records break-glass, but the signed statement does not");
        }
        SealDocument seal = seals.get(statement.seal());
        ConfirmationResult confirmed =
                seal == null ? new ConfirmationResult(List.of(), List.of(), List.of()) : evidence.check(seal);
        if (!confirmed.isSatisfied()) {
            return Optional.of(String.join("; ", confirmed.unmet()));
        }
        broken.put(
                evidence.statementDigest(),
                new LogReport.BreakGlassUse(
                        act.id(),
                        statement.hold(),
                        confirmed.signers().stream().findFirst(),
                        why.get().reason(),
                        why.get().demanded().canonicalText(),
                        Optional.empty()));
        return Optional.empty();
    }

    private Optional<String> reviewed(Json.Members members) throws BadSignatureException {
        BreakGlassReview review = BreakGlassReview.of(members.object("review"));
        LogReport.BreakGlassUse found = broken.get(review.statement());
        if (found == null || !found.hold().equals(review.hold())) {
            return Optional.of("it reviews a break-glass that no earlier receipt records");
        }
        if (found.by().filter(signer -> !signer.person().equals(review.by())).isPresent()) {
            return Optional.of("it names the wrong person as the user of break-glass");
        }
        SealDocument seal = seals.get(review.seal());
        if (seal != null) { // without its seal the signer cannot be determined: it stays unreviewed
            broken.put(review.statement(), found.reviewed(review.check(seal, members.text("signature"))));
        }
        return Optional.empty();
    }
}
