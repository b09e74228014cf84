package dev.interlock;

import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmers;
import dev.interlock.evidence.Json;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerStatus;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.vault.Keys;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import dev.interlock.velocity.Freezes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What protects what, right now: what is not there is said too. */
final class Status {

    /**
     * What a status asks.
     *
     * @param seals the one in force
     * @param keys which secrets are there
     * @param apart what keeps them from the gateway
     * @param confirmers which holds wait
     * @param leases which are in force
     * @param freezes what was destroyed and is read-only
     * @param now by which a seal stops observing
     */
    record Sources(
            Supplier<Optional<Seal>> seals,
            Ledger ledger,
            Keys keys,
            Supplier<String> apart,
            Confirmers confirmers,
            Leases leases,
            Freezes freezes,
            InstantSource now) {}

    private final Sources sources;
    private final InetSocketAddress address;
    private final boolean separate;
    private final boolean webhook;

    Status(Sources sources, InetSocketAddress address, boolean separate, boolean webhook) {
        this.sources = sources;
        this.address = address;
        this.separate = separate;
        this.webhook = webhook;
    }

    Json.Members json() {
        Optional<Seal> seal = sources.seals().get();
        LedgerStatus log = sources.ledger().status();
        Json.Members status = Json.object()
                .with("enforcing", seal.isPresent() && log.refusing().isEmpty())
                .with("listen", address.getHostString() + ":" + address.getPort())
                .with("separation", separation())
                .with("keys", sources.apart().get())
                .with("alerts", webhook ? "standard error and webhook" : "standard error")
                .with("probes", "none")
                .with("seal", seal.map(Seal::id).orElse("none"))
                .with("seal_sequence", seal.map(Seal::sequence).orElse(0L))
                .with("seal_expires", seal.map(s -> s.expires().toString()).orElse("–"))
                .with("observing", observing(seal))
                .with("upstreams", upstreams(seal))
                .with("leases", inForce(seal))
                .withTexts("kills", kills())
                .withTexts("freezes", freezes())
                .with("receipts", log.size())
                .with("published", log.published())
                .with("ledger", log.refusing().orElse("appending"))
                .with("publishing", log.publishing().orElse("up to date"))
                .with("replica", log.replicating().orElse(log.replicated().isPresent() ? "following" : "none"))
                .with("log_key", sources.ledger().verifierKey().toString());
        Json.Members lagging =
                log.lag().isPresent() ? status.with("replica_lag", log.lag().getAsLong()) : status;
        return withTrouble(lagging, seal);
    }

    private String observing(Optional<Seal> seal) {
        return seal.filter(s -> s.observesAt(sources.now().instant()))
                .flatMap(Seal::observeUntil)
                .map(until -> "until " + until + ": reads and writes go that no policy permits")
                .orElse("no");
    }

    private static Json.Members upstreams(Optional<Seal> seal) {
        Json.Members upstreams = Json.object();
        for (Seal.Upstream upstream : seal.map(s -> s.upstreams().values()).orElse(List.of())) {
            upstreams = upstreams.with(upstream.name(), upstream.address().toString());
        }
        return upstreams;
    }

    private long inForce(Optional<Seal> seal) {
        return sources.leases().current(seal).stream()
                .filter(lease -> lease.suspended().isEmpty())
                .count();
    }

    private List<String> kills() {
        return sources.leases().kills().standing().stream()
                .map(stands -> stands.kill().id() + " stops "
                        + stands.kill().target().words() + " since "
                        + stands.kill().since() + ", by " + stands.kill().by() + ": "
                        + stands.kill().why())
                .toList();
    }

    private List<String> freezes() {
        return sources.freezes().standing().stream()
                .map(freeze -> freeze.id() + " keeps " + freeze.words() + " read-only since " + freeze.since()
                        + ": destroyed by " + freeze.agent() + ", " + freeze.intent())
                .toList();
    }

    /** What enforces nothing less, and yet would fail: better seen here than after people have signed. */
    private Json.Members withTrouble(Json.Members status, Optional<Seal> seal) {
        List<String> warnings = new ArrayList<>();
        if (!observing(seal).equals("no")) {
            warnings.add("The seal only observes " + observing(seal) + ".");
        }
        Json.Members all = status;
        try {
            Set<String> missing = missing(seal);
            all = all.withTexts("credentials_missing", missing);
            missing.forEach(slot -> warnings.add("The vault holds no secret for `" + slot
                    + "`: what needs it is refused, even once it is confirmed. Run `interlock vault put " + slot
                    + "`."));
        } catch (IOException _) {
            warnings.add("The vault cannot be read: see the daemon's log.");
        }
        try {
            all = all.with("holds", waiting(seal));
        } catch (StoreUnavailableException _) {
            warnings.add("The store cannot be read: see the daemon's log.");
        }
        return all.withTexts("warnings", warnings);
    }

    /** The sealed slots whose store, by the seal, holds no secret. */
    private Set<String> missing(Optional<Seal> seal) throws IOException {
        Set<Vault.Slot> held = Set.copyOf(sources.keys().list());
        Set<String> missing = new TreeSet<>();
        if (seal.isPresent()) {
            Set<String> guarded = seal.get().environments().values().stream()
                    .filter(Seal.Environment::isProtected)
                    .map(Seal.Environment::name)
                    .collect(Collectors.toSet());
            for (Seal.Upstream upstream : seal.get().upstreams().values()) {
                for (Seal.CredentialSlot slot : upstream.credentials()) {
                    Store store = Store.of(slot.impacts(), slot.environments(), guarded);
                    if (!held.contains(new Vault.Slot(slot.name(), store))) {
                        missing.add(slot.name());
                    }
                }
            }
        }
        return missing;
    }

    private long waiting(Optional<Seal> seal) {
        return seal.map(sources.confirmers()::list).orElse(List.of()).stream()
                .filter(line -> line.state().equals("open"))
                .count();
    }

    /** Whether agents and daemon are kept apart by the kernel, or by the sandbox alone. */
    String separation() {
        return separate ? "user" : "none";
    }
}
