package dev.interlock.admin;

import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.TextQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Erasures;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.identity.SignedOrders;
import dev.interlock.identity.TextOrders;
import dev.interlock.ledger.FoundTexts;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.LegalHold;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Commands that erase texts of receipts, and legal holds that keep them.
 *
 * @param forget forgets what the store has of a subject, and returns the files that still have it
 */
public record TextCommands(
        Ledger ledger, TextOrders orders, SignatureReader signatures, Function<String, List<String>> forget)
        implements CommandGroup {

    /** A shorter text would be found in every other receipt. */
    private static final int SHORTEST = 3;

    private static final String SEE = "See `interlock legal-hold list`.";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        TextQuestion.FindTexts.class,
                        request -> answer(find(request.question().subject()))),
                Command.of(TextQuestion.PrepareErasure.class, this::prepare),
                Command.of(TextQuestion.EraseTexts.class, this::erase),
                Command.of(TextQuestion.SetLegalHold.class, this::set),
                Command.of(TextQuestion.ListLegalHolds.class, _ -> list()),
                Command.of(TextQuestion.PrepareHoldLift.class, this::prepareLift),
                Command.of(TextQuestion.LiftLegalHold.class, this::lift));
    }

    private FoundTexts find(String subject) throws AdminRefusedException {
        if (subject.strip().length() < SHORTEST) {
            throw new AdminRefusedException(
                    "invalid", "`subject` has fewer than " + SHORTEST + " characters.", "Give a longer one.");
        }
        try {
            return ledger.findTexts(0, receipt -> SealedTexts.mentions(receipt, subject), _ -> false);
        } catch (IOException e) {
            throw new AdminRefusedException(
                    "unavailable", "The ledger cannot be read.", "See the daemon's log, and run `interlock verify`.");
        }
    }

    private static TextQuestion.FoundTexts answer(FoundTexts found) {
        return new TextQuestion.FoundTexts(found.receipts(), found.clear(), sorted(found));
    }

    private static List<String> sorted(FoundTexts found) {
        return found.held().stream().sorted().toList();
    }

    private StatementToSign prepare(AdminRequest<TextQuestion.PrepareErasure> request) throws AdminRefusedException {
        String subject = request.question().subject();
        Optional<String> why = objection(find(subject));
        if (why.isPresent()) {
            throw new AdminRefusedException("refused", why.get(), SEE);
        }
        return statement(
                orders.prepareErasure(request.seal(), subject, request.question().reason()));
    }

    private static StatementToSign statement(byte[] bytes) {
        return new StatementToSign(new String(bytes, StandardCharsets.UTF_8));
    }

    private static Optional<String> objection(FoundTexts found) {
        return found.held().isEmpty()
                ? Optional.empty()
                : Optional.of("A legal hold keeps some of these texts: `" + String.join("`, `", sorted(found)) + "`.");
    }

    /** Erases texts. Every try is recorded, and what a durable receipt says is erased whatever happens then. */
    private TextQuestion.ErasedTexts erase(AdminRequest<TextQuestion.EraseTexts> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignedOrders.OrderResult<Json.Members> checked =
                check(request, request.question().signed(), TextOrders.SUBJECT);
        FoundTexts found = new FoundTexts(List.of(), 0, 0, Set.of());
        if (checked instanceof SignedOrders.OrderResult.SignedOrder<Json.Members> signed) {
            found = find(signed.subject().text(TextOrders.SUBJECT));
            checked = objection(found)
                    .<SignedOrders.OrderResult<Json.Members>>map(SignedOrders.OrderResult.DeniedOrder::new)
                    .orElse(checked);
        }
        List<Json.Members> parts = Erasures.members(found.ranges());
        SignedOrders.OrderResult.SignedOrder<Json.Members> allowed = SignatureReader.recorded(
                request,
                checked,
                order -> parts.getFirst().withOptional("reason", order.optionalText("reason")),
                "Nothing was erased. " + SEE);
        for (Json.Members more : parts.subList(1, parts.size())) {
            request.entry().record(more.with("signer", allowed.person()).with("key", allowed.key()));
        }
        return new TextQuestion.ErasedTexts(
                found.receipts(),
                found.clear(),
                allowed.person(),
                allowed.keyClass().word(),
                forget.apply(allowed.subject().text(TextOrders.SUBJECT)));
    }

    private SignedOrders.OrderResult<Json.Members> check(
            AdminRequest<?> request, SignedStatement signed, String about)
            throws AdminRefusedException, LedgerUnavailableException {
        SignatureReader.ReadStatement read = signatures.read(request, TextOrders.NAMESPACE, signed);
        return orders.check(request.seal(), read.statement().toArray(), read.signature(), about);
    }

    private TextQuestion.LegalHolds set(AdminRequest<TextQuestion.SetLegalHold> request)
            throws AdminRefusedException, LedgerUnavailableException {
        TextQuestion.LegalHold asked = request.question().hold();
        if (isStanding(asked.name())) {
            throw new AdminRefusedException("conflict", "The legal hold `" + asked.name() + "` stands already.", SEE);
        }
        request.entry()
                .record(new LegalHold(
                                asked.name(),
                                asked.subject(),
                                asked.agent(),
                                asked.from(),
                                asked.until(),
                                asked.reason())
                        .members());
        return list();
    }

    private boolean isStanding(String name) {
        return ledger.legalHolds().stream().anyMatch(hold -> hold.name().equals(name));
    }

    private TextQuestion.LegalHolds list() {
        return new TextQuestion.LegalHolds(ledger.legalHolds().stream()
                .map(hold -> new TextQuestion.LegalHold(
                        hold.name(), hold.subject(), hold.agent(), hold.from(), hold.until(), hold.reason()))
                .toList());
    }

    private StatementToSign prepareLift(AdminRequest<TextQuestion.PrepareHoldLift> request)
            throws AdminRefusedException {
        String name = request.question().name();
        if (!isStanding(name)) {
            throw new AdminRefusedException("not_found", "There is no legal hold `" + name + "`.", SEE);
        }
        return statement(orders.prepareLift(request.seal(), name));
    }

    /** Lifts a legal hold. Every try is recorded; it is lifted once that is durable. */
    private TextQuestion.LiftedHold lift(AdminRequest<TextQuestion.LiftLegalHold> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignedOrders.OrderResult.SignedOrder<Json.Members> allowed = SignatureReader.recorded(
                request,
                check(request, request.question().signed(), TextOrders.HOLD),
                order -> Json.object().with(TextOrders.HOLD, order.text(TextOrders.HOLD)),
                "Nothing was lifted. " + SEE);
        return new TextQuestion.LiftedHold(
                allowed.subject().text(TextOrders.HOLD),
                allowed.person(),
                allowed.keyClass().word());
    }
}
