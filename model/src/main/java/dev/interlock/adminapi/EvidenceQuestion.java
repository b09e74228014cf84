package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Questions that read the ledger, and those about the seal in force. */
public sealed interface EvidenceQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "receipts",
            users = Entitlement.CONSOLE,
            about =
                    "Newest first, `limit` from 1, of all gateways that share the store; `gaps` says what is missing here of the others'; with `before` those that the log has before that receipt; the gateway's own probes only for the `agent` `interlock:probe`. With `agent` also the outcomes of its intents, which do not name it. With `verdict` only calls, as `docs/audit.md` has the words. With `lease` also those of its children, the outcomes of its intents, and calls at its place without the lease")
    record FindReceipts(
            Optional<String> agent,
            Optional<String> person,
            Optional<String> kind,
            Optional<String> lease,
            Optional<Instant> from,
            Optional<Instant> until,
            Optional<String> before,
            Optional<Long> limit,
            Optional<String> verdict)
            implements EvidenceQuestion<Receipts> {

        /** The latest, as many as {@code limit}. */
        public static FindReceipts latest(long limit) {
            return new FindReceipts(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(limit),
                    Optional.empty());
        }

        public FindReceipts ofAgent(Optional<String> name) {
            return new FindReceipts(name, person, kind, lease, from, until, before, limit, verdict);
        }

        public FindReceipts ofKind(Optional<String> word) {
            return new FindReceipts(agent, person, word, lease, from, until, before, limit, verdict);
        }

        public FindReceipts ofLease(Optional<String> id) {
            return new FindReceipts(agent, person, kind, id, from, until, before, limit, verdict);
        }

        public FindReceipts between(Optional<Instant> first, Optional<Instant> last) {
            return new FindReceipts(agent, person, kind, lease, first, last, before, limit, verdict);
        }

        public FindReceipts before(String id) {
            return new FindReceipts(agent, person, kind, lease, from, until, Optional.of(id), limit, verdict);
        }
    }

    /**
     * Receipts, newest first.
     *
     * @param logs how many were read, if several gateways share the store
     * @param gaps what is missing of the others' logs, in whole sentences
     */
    record Receipts(List<Json.Members> receipts, Optional<Long> logs, Optional<List<String>> gaps) {}

    @AdminCommand(
            name = "receipts.count",
            users = Entitlement.CONSOLE,
            about =
                    "What became of agents' calls, by quarter of an hour, of at most two days; quarters without any are left out. `median_seconds` is how long people took to answer")
    record CountReceipts(Instant from, Instant until) implements EvidenceQuestion<ReceiptCounts> {}

    record ReceiptCounts(List<CountedQuarter> quarters, Optional<Long> medianSeconds) {}

    record CountedQuarter(Instant from, long passed, long asked, long denied) {}

    @AdminCommand(
            name = "receipts.follow",
            users = Entitlement.CONSOLE,
            about =
                    "One receipt a line, until the peer goes away; first that many of the `last` existing ones, the oldest first. With `agent` also the outcomes of its intents that came since")
    record FollowReceipts(Optional<String> agent, Optional<String> kind, Optional<Long> last, Optional<Long> limit)
            implements EvidenceQuestion<Json.Members> {}

    @AdminCommand(
            name = "prove",
            users = Entitlement.CONSOLE,
            about = "`log_key` is beside the proof and not in it: a verifier takes the key from elsewhere")
    record ProveReceipt(String receipt) implements EvidenceQuestion<ProvenReceipt> {}

    record ProvenReceipt(Json.Members proof, String logKey) {}

    @AdminCommand(
            name = "receipt.show",
            users = Entitlement.CONSOLE,
            about =
                    "`other` is the outcome of an intent, or the intent of an outcome. `texts`, while they are kept, are those of which the receipt of a hold has only digests")
    record ShowReceipt(String receipt) implements EvidenceQuestion<ShownReceipt> {}

    record ShownReceipt(Json.Members receipt, Optional<Json.Members> other, Optional<List<SaltedText>> texts) {}

    @AdminCommand(name = "seal.next", users = Entitlement.SOCKET)
    record FindNextSeal() implements EvidenceQuestion<NextSeal> {}

    record NextSeal(long sequence) {}

    @AdminCommand(
            name = "seal.show",
            users = Entitlement.CONSOLE,
            about =
                    "That in force unless given. `signed_by` are fingerprints; `before` is the id of the one before it if it is stored; `loosened` are its demands on backups that this one lacks")
    record ShowSeal(Optional<String> seal) implements EvidenceQuestion<ShownSeal> {}

    record ShownSeal(
            String seal, Json.Members payload, List<String> signedBy, List<String> loosened, Optional<String> before) {}

    @AdminCommand(
            name = "seal.adopt",
            users = Entitlement.SOCKET,
            receipt = "before",
            about = "`unavailable` if it is in force and its file could not be written: repeat the command to write it")
    record AdoptSeal(String envelope) implements EvidenceQuestion<AdoptedSeal> {}

    record AdoptedSeal(String seal, long sequence) {}
}
