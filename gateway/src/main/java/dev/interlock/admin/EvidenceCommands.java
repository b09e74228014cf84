package dev.interlock.admin;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.ledger.ReceiptStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** Commands that read the ledger. */
public final class EvidenceCommands implements CommandGroup {

    private static final long DEFAULT_LIMIT = 50;

    private final Ledger ledger;
    private final Function<String, KeptTexts> texts;

    /**
     * Wires it.
     *
     * @param texts returns the texts of which the log has only digests, of the request of the hold of that name
     */
    public EvidenceCommands(Ledger ledger, Function<String, KeptTexts> texts) {
        this.ledger = ledger;
        this.texts = texts;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of("prove", Entitlement.CONSOLE, Set.of("receipt"), request -> prove(request.question().text("receipt"))),
                Command.of(
                        "receipt.show",
                        Entitlement.CONSOLE,
                        Set.of("receipt"),
                        request -> show(request.question().text("receipt"))),
                Command.of(
                        "receipts",
                        Entitlement.CONSOLE,
                        Set.of("agent", "before", "from", "kind", "lease", "limit", "person", "until"),
                        request -> receipts(request.question())),
                Command.streaming(
                        "receipts.follow",
                        Entitlement.CONSOLE,
                        Set.of("agent", "kind", "last", "limit"),
                        request -> follow(request.question(), request.answers()::accept)));
    }

    private Json.Members receipts(Json.Members arguments) throws AdminRefusedException {
        try {
            return Json.object()
                    .withItems(
                            "receipts", ledger.search(query(arguments)).stream().map(Receipt::json));
        } catch (IOException e) {
            throw unreadable();
        }
    }

    /**
     * Returns one receipt, with the intent that it ends or the outcome that ended it, and the texts of which it has
     * only digests, as far as they are still kept.
     */
    private Json.Members show(String id) throws AdminRefusedException {
        try {
            Receipt receipt = ledger.find(id).orElseThrow(() -> unknown(id));
            Json.Members shown = receipt.hold()
                    .map(texts)
                    .orElse(KeptTexts.NONE)
                    .addTo(Json.object())
                    .with("receipt", receipt.json());
            Optional<Receipt> other =
                    receipt.intent().isPresent() ? ledger.find(receipt.intent().get()) : ledger.outcome(id);
            return other.map(found -> shown.with("other", found.json())).orElse(shown);
        } catch (IOException e) {
            throw unreadable();
        }
    }

    private static AdminRefusedException unknown(String id) {
        return new AdminRefusedException("not_found", "There is no receipt `" + id + "`.", "See `interlock receipts`.");
    }

    /**
     * Passes on receipts as they are written, until the peer goes away. With {@code last}, it begins with so many that
     * are there already, the oldest first; none in between is missed.
     */
    private void follow(Json.Members arguments, Consumer<Json.Members> results) throws AdminRefusedException {
        Json.Members wanted = arguments.without(Set.of("last"));
        try (ReceiptStream written = ledger.follow(query(wanted))) {
            Set<String> passed = new HashSet<>();
            if (arguments.get("last").isPresent()) {
                for (Receipt receipt : last(wanted.with("limit", arguments.whole("last")))) {
                    passed.add(receipt.id());
                    results.accept(receipt.json());
                }
            }
            for (Optional<Receipt> next = written.next(); next.isPresent(); next = written.next()) {
                if (!passed.remove(next.get().id())) {
                    results.accept(next.get().json());
                }
            }
            throw new AdminRefusedException(
                    "unavailable",
                    "Receipts were written faster than they were read, so some " + "are missing here.",
                    "Follow again, and read the missing receipts.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Receipt> last(Json.Members query) throws AdminRefusedException {
        try {
            return ledger.search(query(query)).reversed();
        } catch (IOException e) {
            throw unreadable();
        }
    }

    private Json.Members prove(String id) throws AdminRefusedException {
        try {
            return Json.object()
                    .with("proof", ledger.prove(id).map(ProofBundle::json).orElseThrow(() -> unknown(id)))
                    // Beside the proof and not in it: a verifier takes the key from elsewhere.
                    .with("log_key", logKey());
        } catch (LedgerUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable", "No checkpoint covers the receipt yet.", "Try again in a moment.");
        } catch (IOException e) {
            throw unreadable();
        }
    }

    /** Returns the ledger's public key, by which this gateway can be recognized. */
    private String logKey() {
        return ledger.verifierKey().toString();
    }

    private static AdminRefusedException unreadable() {
        return new AdminRefusedException(
                "unavailable", "The ledger cannot be read.", "See the daemon's log, and run `interlock verify`.");
    }

    private static ReceiptQuery query(Json.Members arguments) {
        long limit = arguments.get("limit").isPresent() ? arguments.whole("limit") : DEFAULT_LIMIT;
        if (limit < 1) {
            throw new MalformedException("`limit` must be 1 or more");
        }
        return new ReceiptQuery(
                arguments.optionalText("agent"),
                arguments.optionalText("person"),
                arguments.optionalText("kind").map(Receipt.Kind::of),
                arguments.optionalText("lease"),
                instant(arguments, "from"),
                instant(arguments, "until"),
                arguments.optionalText("before"),
                Math.clamp(limit, 1, ReceiptQuery.MAX_LIMIT));
    }

    private static Optional<Instant> instant(Json.Members arguments, String name) {
        try {
            return arguments.optionalText(name).map(Instant::parse);
        } catch (DateTimeException e) {
            throw new MalformedException("`" + name + "` must be a time such as " + "2026-11-20T12:00:00Z");
        }
    }
}
