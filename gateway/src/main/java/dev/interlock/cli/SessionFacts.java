package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.admin.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.session.Account;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What the gateway has on record of one session.
 *
 * @param receipts those of its lease, newest first
 * @param holds the holds among them, as `hold.list` has them
 */
record SessionFacts(List<Json.Members> receipts, List<Json.Members> holds) {

    private static final long MOST = 10_000;

    static SessionFacts of(AdminClient gateway, String lease) throws IOException, AdminRefusedException {
        List<Json.Members> receipts = gateway.call(
                        "receipts", Json.object().with("lease", lease).with("limit", MOST))
                .objects("receipts");
        Set<String> held = Account.of(receipts).held();
        List<Json.Members> holds = held.isEmpty()
                ? List.of()
                : gateway.call("hold.list", Json.object()).objects("holds").stream()
                        .filter(hold -> held.contains(hold.text("id")))
                        .toList();
        return new SessionFacts(receipts, holds);
    }

    Account account() {
        return Account.of(receipts);
    }

    /** The receipts by which the ledger has the record's digest: one, or none. */
    List<Json.Members> proofs() {
        return receipts.stream()
                .filter(receipt -> receipt.optionalText("command")
                        .filter("session.record"::equals)
                        .isPresent())
                .filter(receipt -> receipt.optionalText("manifest_sha256").isPresent())
                .toList();
    }
}
