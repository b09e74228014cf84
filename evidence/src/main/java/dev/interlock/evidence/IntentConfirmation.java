package dev.interlock.evidence;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The confirmation that an intent carries: the statement, and the signatures over it. */
record IntentConfirmation(Receipt intent) {

    private static final String GRANT = "grant";
    private static final String LIKE = "like_sha256";

    /** What an intent always names: for whom it was, by which lease, under which seal, where to. */
    private static final List<String> NAMED = List.of("seal", "agent", "person", "task", "lease", "upstream");

    /** Returns whether it went by what people granted with the confirmation of another call. */
    boolean isGranted() {
        return intent.members().get(GRANT).isPresent();
    }

    /** Returns what the intent uses, which so many intents may use; empty if it needed no confirmation. */
    Optional<ConfirmedIntents.UsedConfirmation> used() {
        try {
            if (isGranted() && SealedTexts.number(intent).isPresent()) { // how many people signed for is sealed too
                return Optional.empty();
            }
            return isGranted()
                    ? Optional.of(new ConfirmedIntents.UsedConfirmation(
                            intent.members().text(GRANT),
                            CallGrant.of(statement(), signatures())
                                    .map(CallGrant::calls)
                                    .orElse(0L)))
                    : intent.hold().map(hold -> new ConfirmedIntents.UsedConfirmation(hold, 1));
        } catch (MalformedException e) {
            return intent.hold().map(hold -> new ConfirmedIntents.UsedConfirmation(hold, 1));
        }
    }

    boolean isPresent() {
        return intent.members().get("confirmation").isPresent();
    }

    /** Returns the verdict on the intent itself; empty if it needed no confirmation, and nothing is wrong. */
    Optional<ConfirmedIntents.IntentVerdict> verdict(Map<String, SealDocument> seals) {
        boolean isSealed = SealedTexts.number(intent).isPresent();
        Optional<String> problem;
        try {
            IntentMeaning meaning = IntentMeaning.of(intent);
            NAMED.forEach(intent.members()::text);
            problem = meaning.objection()
                    .or(() -> !isPresent() ? missing(meaning) : isSealed ? Optional.empty() : mismatch());
        } catch (MalformedException e) {
            problem = Optional.of("what it does cannot be read: " + e.getMessage());
        }
        if (problem.isPresent() || !isPresent()) {
            return problem.<ConfirmedIntents.IntentVerdict>map(ConfirmedIntents.IntentVerdict.UnmetIntent::new)
                    .or(() -> intent.members() // without the seal nobody knows which witnesses had to see it
                            .get(WitnessRules.DEMAND)
                            .flatMap(demand -> intent.members().optionalText("seal"))
                            .filter(named -> !seals.containsKey(named))
                            .map(named -> new ConfirmedIntents.IntentVerdict.UncheckedIntent(Optional.of(named))));
        }
        try {
            return isSealed
                    ? Optional.of(new ConfirmedIntents.IntentVerdict.SealedIntent(
                            SealedTexts.number(intent).orElseThrow()))
                    : signed(seals);
        } catch (MalformedException e) {
            return Optional.of(new ConfirmedIntents.IntentVerdict.UnmetIntent(
                    "the confirmation cannot be read: " + e.getMessage()));
        }
    }

    /**
     * Returns that nobody can tell whether witnesses had to see it, if it does more than read, and its seal was not
     * given: that it names no such demand is its own word.
     */
    Optional<ConfirmedIntents.IntentVerdict> unsealed(Map<String, SealDocument> seals) {
        Optional<String> named = intent.members().optionalText("seal");
        return named.filter(seals::containsKey).isPresent()
                        || IntentMeaning.of(intent).isRead()
                ? Optional.empty()
                : Optional.of(new ConfirmedIntents.IntentVerdict.UncheckedIntent(named));
    }

    private Optional<ConfirmedIntents.IntentVerdict> signed(Map<String, SealDocument> seals) {
        String named = intent.members().text("seal");
        SealDocument seal = seals.get(named);
        if (seal == null) {
            return Optional.of(new ConfirmedIntents.IntentVerdict.UncheckedIntent(Optional.of(named)));
        }
        if (isGranted()) {
            Optional<String> objection = CallGrant.objection(
                    seal,
                    statement(),
                    signatures(),
                    new CallGrant.GrantedCall(
                            IntentMeaning.of(intent).meaning(), intent.members().text(LIKE)),
                    intent.at());
            if (objection.isPresent()) {
                return Optional.of(new ConfirmedIntents.IntentVerdict.UnmetIntent(objection.get()));
            }
        }
        ConfirmationResult result = isGranted() ? check(seal, statement().openedAt()) : check(seal);
        return Optional.of(
                result.isSatisfied()
                        ? new ConfirmedIntents.IntentVerdict.SignedIntent(result)
                        : new ConfirmedIntents.IntentVerdict.UnmetIntent(String.join("; ", result.unmet())));
    }

    private Optional<String> mismatch() {
        try {
            Statement statement = statement();
            Json.Members members = intent.members();
            boolean same = (isGranted() || members.text("hold").equals(statement.hold()))
                    && members.text("seal").equals(statement.seal())
                    && members.text("agent").equals(statement.agent())
                    && members.text("person").equals(statement.person())
                    && members.text("task").equals(statement.task())
                    && members.text("upstream").equals(statement.upstream())
                    && IntentMeaning.root(members).equals(statement.lease())
                    && (isGranted()
                            ? members.text(GRANT).equals(CallGrant.name(statement.hold()))
                                    && members.get("hold").isEmpty()
                                    && members.get(LIKE).isPresent()
                            : members.text("meaning_sha256").equals(statement.meaningDigest())
                                    && members.text("request_sha256").equals(statement.requestDigest()));
            return same ? Optional.empty() : Optional.of("the signatures are for another statement");
        } catch (MalformedException e) {
            return Optional.of("the confirmation cannot be read: " + e.getMessage());
        }
    }

    /** Checks the signatures at the moment of the intent, not the custody of backups, of which a log says nothing. */
    ConfirmationResult check(SealDocument seal) {
        return check(seal, intent.at());
    }

    ConfirmationResult check(SealDocument seal, Instant at) {
        return ConfirmationCheck.check(seal, statement(), signatures(), at, false);
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

    private Optional<String> missing(IntentMeaning meaning) {
        if (intent.hold().isPresent() || isGranted()) {
            return Optional.of("it was held but has no confirmation");
        }
        // The vault never opens for a destructive action without a confirmation, in any environment.
        return meaning.destroys() ? Optional.of("it destroys without a confirmation") : Optional.empty();
    }
}
