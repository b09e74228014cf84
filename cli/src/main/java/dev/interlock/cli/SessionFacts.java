package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.session.SessionSummary;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the gateway saw of one session.
 *
 * @param proof the first receipt with the recording's digest, if there is one
 * @param holds the holds that it opened, as `hold.list` has them
 */
record SessionFacts(SessionSummary account, Optional<Json.Members> proof, List<HoldQuestion.Hold> holds) {

    /** The maximum for each kind separately, so that frequent actions of an agent do not displace its refusals. */
    private static final int MOST = 20_000;

    /** The number of receipts in one request, to limit the memory of a command. */
    private static final int PAGE = 2_000;

    static SessionFacts of(AdminClient gateway, String lease) throws IOException, AdminRefusedException {
        return of(gateway, lease, PAGE, MOST);
    }

    /** Reads the records with the given limits, for tests. */
    static SessionFacts of(AdminClient gateway, String lease, int page, int most)
            throws IOException, AdminRefusedException {
        List<Json.Members> receipts = new ArrayList<>();
        boolean whole = true;
        for (Receipt.Kind kind : Receipt.Kind.values()) {
            EvidenceQuestion.FindReceipts query = EvidenceQuestion.FindReceipts.latest(page)
                    .ofLease(Optional.of(lease))
                    .ofKind(Optional.of(kind.word()));
            whole &= read(gateway, query, page, most, receipts);
        }
        SessionSummary account = SessionSummary.of(receipts, whole);
        List<HoldQuestion.Hold> holds = account.held().isEmpty()
                ? List.of()
                : gateway.ask(new HoldQuestion.ListHolds()).holds().stream()
                        .filter(hold -> account.held().contains(hold.id()))
                        .toList();
        Optional<Json.Members> proof = receipts.stream()
                .filter(receipt -> receipt.optionalText("command").equals(Optional.of("session.record")))
                .filter(receipt -> receipt.optionalText("manifest_sha256").isPresent())
                .min(Comparator.comparing(receipt -> Instant.parse(receipt.text("at"))));
        return new SessionFacts(account, proof, holds);
    }

    /** Adds the results of {@code query}, the newest first. Returns whether these are all. */
    private static boolean read(
            AdminClient gateway, EvidenceQuestion.FindReceipts query, int page, int most, List<Json.Members> receipts)
            throws IOException, AdminRefusedException {
        List<Json.Members> some = gateway.ask(query).receipts();
        for (int read = 0; !some.isEmpty(); ) {
            if (read >= most) {
                return false;
            }
            // Administrative acts stay complete: one of them is the proof of the recording, and they are few.
            some.forEach(one ->
                    receipts.add(one.text("kind").equals(Receipt.Kind.ADMIN.word()) ? one : SessionSummary.brief(one)));
            read += some.size();
            if (some.size() < page) {
                return true;
            }
            some = gateway.ask(query.before(some.getLast().text("id"))).receipts();
        }
        return true;
    }
}
