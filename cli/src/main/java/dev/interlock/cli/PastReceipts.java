package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.List;

/** Reads past receipts from the daemon. */
final class PastReceipts {

    /** The maximum number of receipts in one answer of the daemon. */
    static final long MOST = 10_000;

    private final AdminClient daemon;

    PastReceipts(Options options) throws IOException {
        this.daemon = options.daemon();
    }

    Json.Members one(String id) throws IOException, AdminRefusedException {
        return daemon.call("prove", Json.object().with("receipt", id))
                .object("proof")
                .object("receipt");
    }

    /** Returns the newest {@code limit} receipts, newest first. */
    List<Json.Members> newest(long limit) throws IOException, AdminRefusedException {
        return daemon.call("receipts", Json.object().with("limit", limit)).objects("receipts");
    }

    /** Returns the newest receipts of administrative acts, among them the issuing of leases. */
    List<Json.Members> acts() throws IOException, AdminRefusedException {
        return daemon.call("receipts", Json.object().with("limit", MOST).with("kind", "admin"))
                .objects("receipts");
    }
}
