package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Reads past receipts from the daemon. */
final class PastReceipts {

    /** The maximum number of receipts in one answer of the daemon. */
    static final long MOST = 10_000;

    private final AdminClient daemon;

    PastReceipts(Options options) throws IOException {
        this.daemon = options.daemon();
    }

    Json.Members one(String id) throws IOException, AdminRefusedException {
        return daemon.ask(new EvidenceQuestion.ProveReceipt(id)).proof().object("receipt");
    }

    /** Returns the texts of which the receipt {@code id} has only digests: those that people were shown with a hold. */
    KeptTexts texts(String id) throws IOException, AdminRefusedException {
        return new KeptTexts(
                daemon.ask(new EvidenceQuestion.ShowReceipt(id)).texts().orElse(List.of()));
    }

    List<Json.Members> newest(long limit) throws IOException, AdminRefusedException {
        return daemon.ask(EvidenceQuestion.FindReceipts.latest(limit)).receipts();
    }

    List<Json.Members> acts() throws IOException, AdminRefusedException {
        return daemon.ask(EvidenceQuestion.FindReceipts.latest(MOST).ofKind(Optional.of("admin")))
                .receipts();
    }
}
