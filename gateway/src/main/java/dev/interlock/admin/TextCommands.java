package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.TextQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.SqliteStoredTexts;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.FoundTexts;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Commands that erase texts of receipts, or put them under a legal hold. People order each by a signature. */
public record TextCommands(Ledger ledger, SignedOrders orders, SignatureReader signatures, SqliteStoredTexts others)
        implements CommandGroup {

    /** The SSHSIG namespace for these orders, and for nothing else. */
    public static final String NAMESPACE = "interlock-texts@v1";

    private static final String TYPE = "interlock-text-order@v1";

    /** A shorter text would be found in every other receipt. */
    private static final int SHORTEST = 3;

    private static final String SEE = "See `interlock texts list`.";

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
        Optional<FoundTexts> found = find(subject);
        return new TextQuestion.ListedTexts(
                found.map(FoundTexts::receipts).orElse(0L),
                found.map(FoundTexts::clear).orElse(0L),
                found.map(FoundTexts::held).orElse(List.of()),
                holds());
    }

    private List<Json.Members> holds() throws AdminRefusedException {
        try {
            return ledger.legalHolds();
        } catch (IOException e) {
            throw unreadable();
        }
    }

    /** Returns the texts that name {@code subject}. Without one no receipt is read. */
    private Optional<FoundTexts> find(Optional<String> subject) throws AdminRefusedException {
        try {
            return subject.isEmpty()
                    ? Optional.empty()
                    : Optional.of(ledger.findTexts(SealedTexts.naming(subject.get())));
        } catch (IOException e) {
            throw unreadable();
        }
    }

    private static AdminRefusedException unreadable() {
        return new AdminRefusedException(
                "unavailable", "The ledger cannot be read.", "See the daemon's log, and run `interlock verify`.");
    }

    private StatementToSign prepare(AdminRequest<TextQuestion.PrepareTexts> request) throws AdminRefusedException {
        Json.Members asked = request.question().order();
        Optional<String> why = objection(asked, find(asked.optionalText("subject")));
        if (why.isPresent()) {
            throw new AdminRefusedException("refused", why.get(), SEE);
        }
        byte[] statement = orders.prepare(request.seal(), order(request.seal(), asked.with("type", TYPE)));
        return new StatementToSign(new String(statement, StandardCharsets.UTF_8));
    }

    // An erasure takes away what agents said, so any agent may gain by it.
    private static SignedOrders.Order<Json.Members> order(Seal seal, Json.Members content) {
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

    private Optional<String> objection(Json.Members asked, Optional<FoundTexts> found) throws AdminRefusedException {
        String name = asked.optionalText("name").orElse("");
        boolean isStanding = holds().stream().anyMatch(hold -> hold.text("name").equals(name));
        return switch (asked.text("act")) {
            case "erase" ->
                asked.optionalText("subject").orElse("").strip().length() < SHORTEST
                        ? Optional.of("`subject` has fewer than " + SHORTEST + " characters.")
                        : standing(asked.text("subject"), found.orElseThrow());
            case "hold" ->
                name.isEmpty() || isStanding
                        ? Optional.of("A legal hold needs a `name` that no other has.")
                        : Optional.empty();
            case "lift" -> isStanding ? Optional.empty() : Optional.of("There is no legal hold `" + name + "`.");
            default -> Optional.of("`act` is not `erase`, `hold` or `lift`.");
        };
    }

    private Optional<String> standing(String subject, FoundTexts found) {
        if (!found.held().isEmpty()) {
            return Optional.of("A legal hold keeps some of these texts: " + String.join(", ", found.held()) + ".");
        }
        List<String> standing = others.standing(subject);
        return standing.isEmpty()
                ? Optional.empty()
                : Optional.of("These name it, and have not ended: " + String.join(", ", standing) + ".");
    }

    /** Carries out an order. Every try is recorded, and what a durable receipt says is done, whatever happens then. */
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
        Optional<FoundTexts> found = Optional.empty();
        if (checked instanceof SignedOrders.OrderResult.SignedOrder<Json.Members> signed) {
            found = find(signed.subject().optionalText("subject"));
            checked = objection(signed.subject(), found)
                    .<SignedOrders.OrderResult<Json.Members>>map(SignedOrders.OrderResult.DeniedOrder::new)
                    .orElse(checked);
        }
        List<Json.Members> acts = found.map(FoundTexts::acts).orElse(List.of());
        SignedOrders.OrderResult.SignedOrder<Json.Members> allowed = SignatureReader.recorded(
                request,
                checked,
                order -> order.text("act").equals("erase")
                        ? acts.getFirst().withOptional("reason", order.optionalText("reason"))
                        : order.without(Set.of("type")).with("agent", SealedTexts.AGENT),
                "Nothing was changed. " + SEE);
        boolean isErasure = allowed.subject().text("act").equals("erase");
        for (Json.Members more : isErasure ? acts.subList(1, acts.size()) : List.<Json.Members>of()) {
            request.entry().record(more.with("signer", allowed.person()).with("key", allowed.key()));
        }
        if (isErasure) {
            others.erase(allowed.subject().text("subject"));
        }
        return new TextQuestion.OrderedTexts(
                allowed.person(),
                allowed.keyClass().word(),
                found.map(FoundTexts::receipts).orElse(0L),
                found.map(FoundTexts::clear).orElse(0L));
    }
}
