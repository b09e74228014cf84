package dev.interlock.evidence;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The confirmation that an intent carries: the statement, and the signatures over it. */
final class IntentConfirmation {

    private final Receipt intent;

    IntentConfirmation(Receipt intent) {
        this.intent = intent;
    }

    boolean isPresent() {
        return intent.members().get("confirmation").isPresent();
    }

    /** Returns why the statement is for something else than the intent; empty if it is for the intent. */
    Optional<String> mismatch() {
        try {
            Statement statement = statement();
            Json.Members members = intent.members();
            boolean same = members.text("hold").equals(statement.hold())
                    && members.text("seal").equals(statement.seal())
                    && members.text("agent").equals(statement.agent())
                    && members.text("meaning_sha256").equals(statement.meaningDigest())
                    && members.text("request_sha256").equals(statement.requestDigest());
            return same ? Optional.empty() : Optional.of("the signatures are for another statement");
        } catch (MalformedException e) {
            return Optional.of("the confirmation cannot be read: " + e.getMessage());
        }
    }

    /**
     * Checks the signatures at the moment of the intent. Custody of backups is ignored: a log does not say whether its
     * gateway checked custody at that time.
     */
    ConfirmationResult check(SealDocument seal) {
        return check(seal, intent.at());
    }

    /** Checks the signatures at another moment. */
    ConfirmationResult check(SealDocument seal, Instant at) {
        return ConfirmationCheck.check(seal.withoutCustody(), statement(), signatures(), at);
    }

    /** Returns whether one person stood in for the obligations of policy. */
    boolean isByBrokenGlass() {
        return statement().breakGlass().isPresent();
    }

    String statementDigest() {
        return Sha256.hex(statement().canonical());
    }

    Statement statement() {
        signatures();
        return Statement.of(fields().object("statement"));
    }

    private List<String> signatures() {
        StrictFields fields = fields();
        List<String> signatures = fields.texts("signatures");
        fields.object("statement");
        fields.end();
        return signatures;
    }

    private StrictFields fields() {
        return new StrictFields(intent.members().object("confirmation"));
    }

    /** Returns whether one of the actions destroys something. */
    static boolean destroys(Json.Members members) {
        return members.items("actions").stream()
                .map(StrictFields::of)
                .anyMatch(action -> action.texts("impacts").contains("destroy"));
    }
}
