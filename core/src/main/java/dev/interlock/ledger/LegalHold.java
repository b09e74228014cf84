package dev.interlock.ledger;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import java.time.Instant;
import java.util.Optional;

/**
 * Receipts whose texts nobody may erase: those that match everything that it names.
 *
 * @param subject a text that they contain
 * @param until their end, which is not within it
 */
public record LegalHold(
        String name,
        Optional<String> subject,
        Optional<String> agent,
        Optional<Instant> from,
        Optional<Instant> until,
        Optional<String> reason) {

    static final String SET = "legal-hold.set";
    static final String LIFT = "legal-hold.lift";

    static final String NAME = "legal_hold";

    /** Returns what a receipt says of it. */
    public Json.Members members() {
        return Json.object()
                .with(NAME, name)
                .withOptional("subject", subject)
                .withOptional("agent", agent)
                .withOptional("from", from.map(Instant::toString))
                .withOptional("until", until.map(Instant::toString))
                .withOptional("reason", reason);
    }

    static LegalHold of(Json.Members members) {
        return new LegalHold(
                members.text(NAME),
                members.optionalText("subject"),
                members.optionalText("agent"),
                members.optionalText("from").map(Instant::parse),
                members.optionalText("until").map(Instant::parse),
                members.optionalText("reason"));
    }

    boolean covers(Receipt receipt) {
        return agent.filter(name -> !receipt.agent().equals(Optional.of(name))).isEmpty()
                && from.filter(receipt.at()::isBefore).isEmpty()
                && until.filter(end -> !receipt.at().isBefore(end)).isEmpty()
                && subject.filter(text -> !SealedTexts.mentions(receipt, text)).isEmpty();
    }
}
