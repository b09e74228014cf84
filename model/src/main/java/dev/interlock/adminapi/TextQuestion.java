package dev.interlock.adminapi;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Questions about the erasure of texts in receipts, and about legal holds. */
public sealed interface TextQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "text.find",
            users = Entitlement.SOCKET,
            about = "The number of `receipts` whose texts `text.erase` would erase, of those that have it in the `clear`, and which legal holds prevent it")
    record FindTexts(String subject) implements TextQuestion<FoundTexts> {}

    record FoundTexts(long receipts, long clear, List<String> held) {}

    @AdminCommand(
            name = "text.prepare",
            users = Entitlement.SOCKET,
            about = "`statement` is to be signed in `interlock-texts@v1`")
    record PrepareErasure(String subject, Optional<String> reason) implements TextQuestion<StatementToSign> {}

    @AdminCommand(
            name = "text.erase",
            users = Entitlement.SOCKET,
            receipt = "before, of every try",
            about = "`elsewhere` are files of the data directory that still have it")
    record EraseTexts(@Flat SignedStatement signed) implements TextQuestion<ErasedTexts> {}

    record ErasedTexts(long receipts, long clear, String person, String keyClass, List<String> elsewhere) {}

    @AdminCommand(name = "legal-hold.set", users = Entitlement.SOCKET, receipt = "before")
    record SetLegalHold(@Flat LegalHold hold) implements TextQuestion<LegalHolds> {}

    /** What nobody may erase: receipts that match all that is given. */
    record LegalHold(
            String name,
            Optional<String> subject,
            Optional<String> agent,
            Optional<Instant> from,
            Optional<Instant> until,
            Optional<String> reason) {}

    @AdminCommand(name = "legal-hold.list", users = Entitlement.SOCKET)
    record ListLegalHolds() implements TextQuestion<LegalHolds> {}

    record LegalHolds(List<LegalHold> holds) {}

    @AdminCommand(
            name = "legal-hold.prepare",
            users = Entitlement.SOCKET,
            about = "`statement` is to be signed in `interlock-texts@v1`")
    record PrepareHoldLift(String name) implements TextQuestion<StatementToSign> {}

    @AdminCommand(name = "legal-hold.lift", users = Entitlement.SOCKET, receipt = "before, of every try")
    record LiftLegalHold(@Flat SignedStatement signed) implements TextQuestion<LiftedHold> {}

    record LiftedHold(String name, String person, String keyClass) {}
}
