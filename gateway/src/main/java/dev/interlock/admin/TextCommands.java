package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.TextQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.FoundTexts;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.TextErasure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Commands that erase texts of receipts, or put them under a legal hold. People order each by a signature.
 *
 * @param standing what has not ended and names a subject
 */
public record TextCommands(
        TextErasure erasure, Function<String, List<String>> standing, SignedOrders orders, SignatureReader signatures)
        implements CommandGroup {

    /** The SSHSIG namespace for these orders, and for nothing else. */
    public static final String NAMESPACE = "interlock-texts@v1";

    private static final String TYPE = "interlock-text-order@v1";

    /** A shorter text would be found in every other receipt. */
    private static final int SHORTEST = 3;

    private static final Map<String, Set<String>> MEMBERS = Map.of(
            "erase", Set.of("act", "type", "subject", "reason"),
            "hold", Set.of("act", "type", "name", "subject", "of", "from", "until", "reason"),
            "lift", Set.of("act", "type", "name", "reason"));

    private static final String SEE = "See `interlock texts list`, and `interlock texts erase --dry-run`.";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        TextQuestion.ListTexts.class,
                        request -> list(request.question().subject())),
                Command.of(TextQuestion.PrepareTexts.class, this::prepare),
                Command.of(TextQuestion.OrderTexts.class, this::carryOut));
    }

    private TextQuestion.ListedTexts list(Optional<String> subject) throws AdminRefusedException {
        FoundTexts found = find(subject);
        return new TextQuestion.ListedTexts(
                found.receipts(),
                found.clear(),
                found.held(),
                subject.map(standing).orElse(List.of()),
                found.holds());
    }

    /** Returns the texts that name {@code subject}. Without one no receipt is read. */
    private FoundTexts find(Optional<String> subject) throws AdminRefusedException {
        if (!erasure.ledger().hasTextKeys()) {
            throw new AdminRefusedException(
                    "unavailable",
                    "This gateway seals no texts, so none can be erased or held.",
                    "Set `retention` in gateway.yaml, for later receipts. It is not possible with a store that gateways share.");
        }
        try {
            return erasure.ledger().findTexts(subject.map(SealedTexts::naming));
        } catch (IOException | UncheckedIOException e) {
            throw EvidenceCommands.unreadable();
        }
    }

    private StatementToSign prepare(AdminRequest<TextQuestion.PrepareTexts> request) throws AdminRefusedException {
        Json.Members asked = request.question().order();
        FoundTexts none = find(Optional.empty());
        Optional<String> why = objection(asked, none.holds().isEmpty() ? none : find(asked.optionalText("subject")));
        if (why.isPresent()) {
            throw new AdminRefusedException("refused", why.get(), SEE);
        }
        byte[] statement = orders.prepare(request.seal(), order(request.seal(), asked.with("type", TYPE)));
        return new StatementToSign(new String(statement, StandardCharsets.UTF_8));
    }

    // An erasure takes away what agents said, so any agent may gain by it.
    private static SignedOrders.Order<Json.Members> order(Seal seal, Json.Members content) {
        var _ = FoundTexts.times(content); // it throws
        return new SignedOrders.Order<>(
                content,
                NAMESPACE,
                "the order",
                content,
                _ -> false,
                person -> seal.agents().values().stream()
                        .filter(agent -> agent.owner().equals(person))
                        .map(Seal.Agent::id)
                        .findFirst());
    }

    private Optional<String> objection(Json.Members asked, FoundTexts found) {
        String name = asked.optionalText("name").orElse("");
        boolean isStanding =
                found.holds().stream().anyMatch(hold -> hold.text("name").equals(name));
        String act = asked.text("act");
        if (!MEMBERS.getOrDefault(act, Set.of()).containsAll(asked.members().keySet())) { // its receipt has them all
            return Optional.of("`act` is not `erase`, `hold` or `lift`, or has members that are not for it.");
        }
        return switch (act) {
            case "erase" ->
                asked.optionalText("subject").orElse("").strip().length() < SHORTEST
                        ? Optional.of("`subject` has fewer than " + SHORTEST + " characters: give the whole name.")
                        : standing(asked.text("subject"), found);
            case "hold" ->
                name.isEmpty() || isStanding
                        ? Optional.of("A legal hold needs a `name` that no other has.")
                        : Optional.empty();
            default -> isStanding ? Optional.empty() : Optional.of("There is no legal hold `" + name + "`.");
        };
    }

    private Optional<String> standing(String subject, FoundTexts found) {
        if (!found.held().isEmpty()) {
            return Optional.of("A legal hold keeps some of these texts, until `interlock texts lift`: "
                    + String.join(", ", found.held()) + ".");
        }
        List<String> live = standing.apply(subject);
        return live.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "End these first, or wait: they name it, and have not ended: " + String.join(", ", live) + ".");
    }

    private TextQuestion.OrderedTexts carryOut(AdminRequest<TextQuestion.OrderTexts> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignatureReader.ReadStatement read =
                signatures.read(request, NAMESPACE, request.question().signed());
        Seal seal = request.seal();
        SignedOrders.OrderResult<Json.Members> checked = orders.check(
                seal,
                read.statement().toArray(),
                read.signature(),
                asked -> Optional.of(order(seal, asked.without(Set.of("seal", "opened_at", "expires")))),
                _ -> "");
        try {
            return erasure.order(() -> record(request, checked));
        } catch (UncheckedIOException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The order is recorded, and not yet carried out: " + e.getMessage() + ".",
                    "That is done within a day, and at the gateway's next start. See the daemon's log.");
        }
    }

    /** Records every try. What the receipt of an order says is done, whatever happens then. */
    private TextErasure.RecordedOrder<TextQuestion.OrderedTexts> record(
            AdminRequest<?> request, SignedOrders.OrderResult<Json.Members> checked)
            throws AdminRefusedException, LedgerUnavailableException {
        Optional<FoundTexts> found = Optional.empty();
        SignedOrders.OrderResult<Json.Members> decided = checked;
        if (checked instanceof SignedOrders.OrderResult.SignedOrder<Json.Members> signed) {
            found = Optional.of(find(signed.subject().optionalText("subject")));
            decided = objection(signed.subject(), found.get())
                    .<SignedOrders.OrderResult<Json.Members>>map(SignedOrders.OrderResult.DeniedOrder::new)
                    .orElse(checked);
        }
        SignedOrders.OrderResult.SignedOrder<Json.Members> allowed = SignatureReader.recorded(
                request,
                decided,
                order -> order.without(Set.of("type")).with("agent", SealedTexts.AGENT),
                "Nothing was changed. " + SEE);
        TextQuestion.OrderedTexts answer = new TextQuestion.OrderedTexts(
                allowed.person(),
                allowed.keyClass().word(),
                found.orElseThrow().receipts(),
                found.get().clear());
        return new TextErasure.RecordedOrder<>(answer, found.get());
    }
}
