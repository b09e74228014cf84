package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.List;

/** Receipts as the daemon has them, for what looks back. */
final class PastReceipts {

    /** What one answer of the daemon holds at most. */
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

    /** The newest {@code limit} of them, newest first. */
    List<Json.Members> newest(long limit) throws IOException, AdminRefusedException {
        return daemon.call("receipts", Json.object().with("limit", limit)).objects("receipts");
    }

    /** The newest that tell of administrative acts, among them how leases were issued. */
    List<Json.Members> acts() throws IOException, AdminRefusedException {
        return daemon.call("receipts", Json.object().with("limit", MOST).with("kind", "admin"))
                .objects("receipts");
    }
}
