package dev.interlock.admin;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.CallVerdict;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.ProofBundle;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.AllReceipts;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.ledger.ReceiptCounts;
import dev.interlock.ledger.ReceiptQuery;
import dev.interlock.ledger.ReceiptStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Commands that read the ledger.
 *
 * @param all with the logs of other gateways that share the store
 * @param texts those of a hold's request of which the ledger has only digests
 * @param seals the envelope of a seal that was in force, by its id
 */
public record EvidenceCommands(
        Ledger ledger,
        AllReceipts all,
        Function<String, KeptTexts> texts,
        Function<String, Optional<Json.Members>> seals)
        implements CommandGroup {

    private static final long DEFAULT_LIMIT = 50;

    /** A day has at most 25 hours; a busy month would take seconds. */
    private static final Duration LONGEST_COUNT = Duration.ofDays(2);

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        EvidenceQuestion.ProveReceipt.class,
                        request -> prove(request.question().receipt())),
                Command.of(
                        EvidenceQuestion.ShowReceipt.class,
                        request -> show(request.question().receipt())),
                Command.of(EvidenceQuestion.FindReceipts.class, request -> search(query(request.question()))),
                Command.of(EvidenceQuestion.CountReceipts.class, request -> count(request.question())),
                Command.streaming(
                        EvidenceQuestion.FollowReceipts.class,
                        request -> follow(request.question(), request.answers()::accept)));
    }

    private EvidenceQuestion.Receipts search(ReceiptQuery query) throws AdminRefusedException {
        try {
            AllReceipts.FoundReceipts found = all.search(query);
            return new EvidenceQuestion.Receipts(
                    found.receipts().stream().map(Receipt::json).toList(),
                    found.ledgers(),
                    Optional.of(found.gaps()).filter(gaps -> !gaps.isEmpty()));
        } catch (IOException e) {
            throw unreadable();
        }
    }

    private EvidenceQuestion.ReceiptCounts count(EvidenceQuestion.CountReceipts asked) throws AdminRefusedException {
        if (Duration.between(asked.from(), asked.until()).compareTo(LONGEST_COUNT) > 0) {
            throw new MalformedException("`from` and `until` must be at most two days apart");
        }
        try {
            ReceiptCounts counts = ledger.count(asked.from(), asked.until());
            return new EvidenceQuestion.ReceiptCounts(
                    counts.quarters().stream()
                            .map(one -> new EvidenceQuestion.CountedQuarter(
                                    one.from(), one.passed(), one.asked(), one.denied()))
                            .toList(),
                    counts.medianSeconds());
        } catch (IOException e) {
            throw unreadable();
        }
    }

    /** Returns one receipt, its intent or outcome, and the texts of its digests as far as they are kept. */
    private EvidenceQuestion.ShownReceipt show(String id) throws AdminRefusedException {
        try {
            Receipt receipt = all.find(id).orElseThrow(() -> unknown(id));
            Optional<Receipt> other =
                    receipt.intent().isPresent() ? all.find(receipt.intent().get()) : all.outcome(id);
            return new EvidenceQuestion.ShownReceipt(
                    receipt.json(),
                    other.map(Receipt::json),
                    receipt.hold().map(texts).orElse(KeptTexts.NONE).toShow());
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
    private void follow(EvidenceQuestion.FollowReceipts asked, Consumer<Json.Members> results)
            throws AdminRefusedException {
        EvidenceQuestion.FindReceipts wanted = EvidenceQuestion.FindReceipts.latest(
                        asked.limit().orElse(DEFAULT_LIMIT))
                .ofAgent(asked.agent())
                .ofKind(asked.kind());
        try (ReceiptStream written = ledger.follow(query(wanted))) {
            Set<String> passed = new HashSet<>();
            if (asked.last().isPresent()) {
                ReceiptQuery last =
                        query(EvidenceQuestion.FindReceipts.latest(asked.last().get())
                                .ofAgent(asked.agent())
                                .ofKind(asked.kind()));
                for (Receipt receipt : ledger.search(last).reversed()) {
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
                    "Receipts were written faster than they were read, so some are missing here.",
                    "Follow again, and read the missing receipts.");
        } catch (IOException e) {
            throw unreadable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Json.Members withSeal(ProofBundle proof) {
        return proof.with(proof.receipt().members().optionalText("seal").flatMap(seals), ledger.verifierKey())
                .json();
    }

    private EvidenceQuestion.ProvenReceipt prove(String id) throws AdminRefusedException {
        try {
            Optional<ProofBundle> proof = ledger.prove(id);
            Optional<Receipt> elsewhere = proof.isPresent() ? Optional.empty() : all.find(id);
            if (elsewhere.isPresent()) {
                throw new AdminRefusedException(
                        "conflict",
                        "The receipt is in the log of `" + elsewhere.get().origin() + "`, which alone proves it.",
                        "Ask that gateway.");
            }
            return new EvidenceQuestion.ProvenReceipt(
                    proof.map(this::withSeal).orElseThrow(() -> unknown(id)),
                    // By it this gateway can be recognized.
                    ledger.verifierKey().toString());
        } catch (LedgerUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable", "No checkpoint covers the receipt yet.", "Try again in a moment.");
        } catch (IOException e) {
            throw unreadable();
        }
    }

    static AdminRefusedException unreadable() {
        return new AdminRefusedException(
                "unavailable", "The ledger cannot be read.", "See the daemon's log, and run `interlock verify`.");
    }

    private static ReceiptQuery query(EvidenceQuestion.FindReceipts asked) {
        long limit = asked.limit().orElse(DEFAULT_LIMIT);
        if (limit < 1) {
            throw new MalformedException("`limit` must be 1 or more");
        }
        return new ReceiptQuery(
                asked.agent(),
                asked.person(),
                asked.kind().map(Receipt.Kind::of),
                asked.lease(),
                asked.from(),
                asked.until(),
                asked.before(),
                Math.clamp(limit, 1, ReceiptQuery.MAX_LIMIT),
                asked.verdict().map(CallVerdict::of));
    }
}
