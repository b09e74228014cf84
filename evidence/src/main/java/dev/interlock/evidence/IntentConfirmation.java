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

    /** Why the statement is for something else than the intent, if it is. */
    Optional<String> mismatch() {
        try {
            Statement statement = statement();
            Json.Members members = intent.members();
            boolean same = members.text("hold").equals(statement.hold())
                    && members.text("seal").equals(statement.seal())
                    && members.text("agent").equals(statement.agent())
                    && members.text("meaning_sha256").equals(statement.meaningDigest())
                    && members.text("request_sha256").equals(statement.requestDigest());
            return same ? Optional.empty() : Optional.of("the signatures are for something else");
        } catch (MalformedException e) {
            return Optional.of("the confirmation cannot be read: " + e.getMessage());
        }
    }

    /**
     * What the signatures amount to, at the moment of the intent. Who could delete a backup is not asked: a log does
     * not say whether its gateway asked already.
     */
    Confirmed check(SealDocument seal) {
        return check(seal, intent.at());
    }

    /** The same, at another moment. */
    Confirmed check(SealDocument seal, Instant at) {
        return ConfirmationCheck.check(seal.withoutCustody(), statement(), signatures(), at);
    }

    /** Whether one person stood in for what policy asked for. */
    boolean isByBrokenGlass() {
        return statement().broken().isPresent();
    }

    String statementDigest() {
        return Sha256.hex(statement().canonical());
    }

    Statement statement() {
        signatures();
        return Statement.of(fields().object("statement"));
    }

    private List<String> signatures() {
        Fields fields = fields();
        List<String> signatures = fields.texts("signatures");
        fields.object("statement");
        fields.end();
        return signatures;
    }

    private Fields fields() {
        return new Fields(intent.members().object("confirmation"));
    }

    /** Whether one of the actions destroys something. */
    static boolean destroys(Json.Members members) {
        return members.items("actions").stream()
                .map(Fields::of)
                .anyMatch(action -> action.texts("impacts").contains("destroy"));
    }
}
