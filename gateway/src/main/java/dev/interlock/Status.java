package dev.interlock;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerStatus;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Supplier;

/** What protects what, right now: what is not there is said too. */
final class Status {

    private final Supplier<Optional<Seal>> seals;
    private final Ledger ledger;
    private final InetSocketAddress address;
    private final boolean separate;
    private final boolean webhook;

    Status(
            Supplier<Optional<Seal>> seals,
            Ledger ledger,
            InetSocketAddress address,
            boolean separate,
            boolean webhook) {
        this.seals = seals;
        this.ledger = ledger;
        this.address = address;
        this.separate = separate;
        this.webhook = webhook;
    }

    Json.Members json() {
        Optional<Seal> seal = seals.get();
        LedgerStatus log = ledger.status();
        Json.Members status = Json.object()
                .with("enforcing", seal.isPresent() && log.refusing().isEmpty())
                .with("listen", address.getHostString() + ":" + address.getPort())
                .with("separation", separation())
                .with("alerts", webhook ? "standard error and webhook" : "standard error")
                .with("probes", "none")
                .with("seal", seal.map(Seal::id).orElse("none"))
                .with("seal_sequence", seal.map(Seal::sequence).orElse(0L))
                .with("seal_expires", seal.map(s -> s.expires().toString()).orElse("–"))
                .with("receipts", log.size())
                .with("published", log.published())
                .with("ledger", log.refusing().orElse("appending"))
                .with("publishing", log.publishing().orElse("up to date"))
                .with("replica", log.replicating().orElse(log.replicated().isPresent() ? "following" : "none"))
                .with("log_key", ledger.verifierKey().toString());
        return log.lag().isPresent() ? status.with("replica_lag", log.lag().getAsLong()) : status;
    }

    /** Whether agents and daemon are kept apart by the kernel, or by the sandbox alone. */
    String separation() {
        return separate ? "user" : "none";
    }
}
