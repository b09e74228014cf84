package dev.interlock.readiness;

import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.config.Config;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerStatus;
import dev.interlock.limits.Freezes;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.Vault;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.Probes;
import dev.interlock.watch.ReceiverStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The gateway's current status: its protections, and those that are missing. */
public final class GatewayStatus {

    /**
     * The parts that a status is read from.
     *
     * @param seals the seal in force
     * @param keys the secrets that exist
     * @param apart the separation between the credentials and the gateway
     * @param confirmers the holds that wait
     * @param leases the leases in force
     * @param freezes the destroyed resources that are read-only
     * @param probes the latest probe results
     * @param watch the receivers of alerts
     * @param ways the listeners that are open
     * @param faults what the start found after a fault and what is wrong with the clock, in whole sentences
     * @param clockRefuses whether every call is refused because of the clock
     * @param now the clock by which a seal stops observing
     */
    public record Sources(
            Supplier<Optional<Seal>> seals,
            Ledger ledger,
            CredentialKeeper keys,
            Supplier<String> apart,
            HoldSigning confirmers,
            Leases leases,
            Freezes freezes,
            Probes probes,
            AlertDispatcher watch,
            Supplier<List<FrontEndpoint>> ways,
            Supplier<List<String>> faults,
            BooleanSupplier clockRefuses,
            InstantSource now) {}

    private final Sources sources;
    private final InetSocketAddress address;
    private final boolean separate;
    private final Optional<RemoteListenerStatus> remote;
    private final Optional<Config.Console> guessable;

    /**
     * Creates the status of a running gateway.
     *
     * @param remote the status of the listener for remote machines, if there is one
     * @param guessable its console, if others can guess the console's name
     */
    public GatewayStatus(
            Sources sources,
            InetSocketAddress address,
            boolean separate,
            Optional<RemoteListenerStatus> remote,
            Optional<Config.Console> guessable) {
        this.sources = sources;
        this.address = address;
        this.separate = separate;
        this.remote = remote;
        this.guessable = guessable;
    }

    public Json.Members json() {
        Optional<Seal> seal = sources.seals().get();
        LedgerStatus log = sources.ledger().status();
        Json.Members status = Json.object()
                .with(
                        "enforcing",
                        seal.isPresent()
                                && log.refusing().isEmpty()
                                && !sources.clockRefuses().getAsBoolean()
                                && sources.probes().all().red().isEmpty())
                .with("listen", address.getHostString() + ":" + address.getPort())
                .with("separation", separation())
                .with("keys", sources.apart().get())
                .with("alerts", alerts())
                .with("probes", told(sources.probes().all()))
                .with("fronts", fronts())
                .with("probed", probed(seal))
                .with("seal", seal.map(Seal::id).orElse("none"))
                .with("seal_sequence", seal.map(Seal::sequence).orElse(0L))
                .with("seal_expires", seal.map(s -> s.expires().toString()).orElse("–"))
                .with("observing", observing(seal))
                .with(
                        "solo",
                        seal.flatMap(s -> s.approvals().solo())
                                .map(solo -> "one person: " + solo.delay().toMinutes()
                                        + " minutes of delay replace a second person, and `" + solo.notice()
                                        + "` is notified")
                                .orElse("no"))
                .with("upstreams", upstreams(seal))
                .with("catalogs", catalogs(seal))
                .with("credential_headers", credentialHeaders(seal))
                .with("leases", inForce(seal))
                .withTexts("kills", kills())
                .withTexts("freezes", freezes())
                .with("receipts", log.size())
                .with("published", log.published())
                .with("ledger", log.refusing().orElse("appending"))
                .with("ledger_room", room(log))
                .with("publishing", log.publishing().orElse("up to date"))
                .with("replica", log.replicating().orElse(log.replicated().isPresent() ? "following" : "none"))
                .with("log_key", sources.ledger().verifierKey().toString());
        Json.Members lagging =
                log.lag().isPresent() ? status.with("replica_lag", log.lag().getAsLong()) : status;
        Json.Members whole =
                remote.map(listener -> lagging.with("remote", listener.json())).orElse(lagging);
        return withTrouble(whole, seal);
    }

    private static String room(LedgerStatus log) {
        return log.isRoomKnown()
                ? (log.freeBytes() >> 20) + " MiB" + (log.isDiskLow() ? ": make room" : "")
                : "not known";
    }

    /** Returns standard error and each alert receiver with its status. */
    private Json.Members alerts() {
        Json.Members alerts = Json.object().with("standard error", "written");
        for (ReceiverStatus standing : sources.watch().receiverStatuses()) {
            alerts = alerts.with(standing.name(), told(standing));
        }
        for (String missing : sources.watch().missing()) {
            alerts = alerts.with(missing, "MISSING: `gateway.yaml` defines no such receiver");
        }
        return alerts;
    }

    private static String told(ReceiverStatus standing) {
        return standing.kind() + ", "
                + standing.failing().map(why -> "FAILING (" + why + "), ").orElse("") + standing.waiting()
                + " waiting, "
                + standing.last()
                        .map(last -> "latest taken " + last.truncatedTo(ChronoUnit.SECONDS))
                        .orElse("none taken yet");
    }

    private String observing(Optional<Seal> seal) {
        return seal.filter(s -> s.observesAt(sources.now().instant()))
                .flatMap(Seal::observeUntil)
                .map(until -> "until " + until + ": reads and writes that no policy permits " + "are forwarded")
                .orElse("no");
    }

    /** Returns each front with its protocol. A front that was shut because a probe got through is listed too. */
    private Json.Members fronts() {
        Map<String, Set<String>> spoken = new TreeMap<>();
        sources.probes().fronts().forEach(front -> spoken.put(front, new TreeSet<>()));
        sources.ways()
                .get()
                .forEach(way -> spoken.computeIfAbsent(way.front(), _ -> new TreeSet<>())
                        .add(way.protocol()));
        Json.Members fronts = Json.object();
        for (Map.Entry<String, Set<String>> front : spoken.entrySet()) {
            fronts = fronts.with(
                    front.getKey(),
                    how(front.getKey(), front.getValue()) + ", "
                            + told(sources.probes().ofFront(front.getKey())));
        }
        return fronts;
    }

    private static String how(String front, Set<String> protocols) {
        if (front.equals(ProbeScheduler.POLICY)) {
            return "decided at no front";
        }
        if (protocols.isEmpty()) {
            return "SHUT";
        }
        return String.join(" and ", protocols)
                + (front.startsWith("https:")
                        ? ", TLS"
                        : front.startsWith("http:") ? ", in the clear" : ", one sandbox's socket");
    }

    private Json.Members probed(Optional<Seal> seal) {
        Json.Members upstreams = Json.object();
        for (String upstream : seal.map(s -> s.upstreams().keySet()).orElse(Set.of())) {
            upstreams = upstreams.with(
                    upstream,
                    sources.probes().hasNone(upstream)
                            ? "never: its catalog has no operation that a probe could try"
                            : told(sources.probes().ofUpstream(upstream)));
        }
        return upstreams;
    }

    private static String told(Probes.ProbeStatus standing) {
        if (standing.latest().isEmpty()) {
            return "no probe yet";
        }
        String latest = " (latest " + standing.latest().get().truncatedTo(ChronoUnit.SECONDS) + ")";
        return standing.red().isEmpty()
                ? "all " + standing.count() + " refused as they must be" + latest
                : "RED: " + standing.red().size() + " of " + standing.count() + " not refused as they must be" + latest;
    }

    private static Json.Members upstreams(Optional<Seal> seal) {
        Json.Members upstreams = Json.object();
        for (Seal.Upstream upstream : seal.map(s -> s.upstreams().values()).orElse(List.of())) {
            upstreams = upstreams.with(upstream.name(), upstream.address().toString());
        }
        return upstreams;
    }

    private static Json.Members catalogs(Optional<Seal> seal) {
        Json.Members catalogs = Json.object();
        for (Seal.Upstream upstream : seal.map(s -> s.upstreams().values()).orElse(List.of())) {
            catalogs = catalogs.with(upstream.name(), upstream.catalog());
        }
        return catalogs;
    }

    /** Returns the header fields in which each upstream gets its credentials. */
    private static Json.Members credentialHeaders(Optional<Seal> seal) {
        Json.Members headers = Json.object();
        for (Seal.Upstream upstream : seal.map(s -> s.upstreams().values()).orElse(List.of())) {
            headers = headers.withTexts(
                    upstream.name(),
                    upstream.credentials().stream()
                            .map(Seal.CredentialSlot::header)
                            .distinct()
                            .sorted());
        }
        return headers;
    }

    private long inForce(Optional<Seal> seal) {
        return sources.leases().current(seal).stream()
                .filter(lease -> lease.suspended().isEmpty())
                .count();
    }

    private List<String> kills() {
        return sources.leases().kills().active().stream()
                .map(stands -> stands.kill().id() + " stops "
                        + stands.kill().target().words() + " since "
                        + stands.kill().since() + ", by " + stands.kill().by() + ": "
                        + stands.kill().why())
                .toList();
    }

    private List<String> freezes() {
        return sources.freezes().active().stream()
                .map(freeze -> freeze.id() + " keeps " + freeze.words() + " read-only since " + freeze.since()
                        + ": destroyed by " + freeze.agent() + ", " + freeze.intent())
                .toList();
    }

    /**
     * Adds problems that weaken no protection and would still make calls fail. People should see them before they sign.
     */
    private Json.Members withTrouble(Json.Members status, Optional<Seal> seal) {
        List<String> warnings = new ArrayList<>(sources.faults().get());
        if (!observing(seal).equals("no")) {
            warnings.add("The seal only observes " + observing(seal) + ".");
        }
        for (String missing : sources.watch().missing()) {
            warnings.add("The seal sends alerts to `" + missing + "`, which `gateway.yaml` "
                    + "does not define: add it under `alerts` in that file.");
        }
        seal.flatMap(s -> s.approvals().solo())
                .map(SoleOwnerRules::notice)
                .filter(notice -> !sources.watch().reaches(notice))
                .ifPresent(notice -> warnings.add("`" + notice + "`, the second address of the "
                        + "single person, is not defined or does not accept alerts: "
                        + "nothing can be signed until it does."));
        for (ReceiverStatus standing : sources.watch().receiverStatuses()) {
            standing.failing()
                    .ifPresent(why -> warnings.add("The receiver of alerts `" + standing.name() + "` fails (" + why
                            + "): run `interlock alert test " + standing.name() + "`."));
        }
        guessable.ifPresent(console -> warnings.add("The console is called `" + console.called()
                + "`, a name that can be guessed: a browser could send its cookie to another "
                + "program on this machine. Use TLS, or a name of 32 random digits, see "
                + "docs/console.md."));
        sources.probes().all().red().forEach(red -> warnings.add("A probe is red: " + red + "."));
        Json.Members all = status;
        try {
            SlotReport slots = slots(seal);
            all = all.withTexts("credentials_missing", slots.missing())
                    .withTexts("credentials_shared", slots.unseparated());
            if (!slots.missing().isEmpty()) {
                warnings.add("The vault has no secret for `" + String.join("`, `", slots.missing())
                        + "`: calls that need one are refused, even with a confirmation. Run `interlock vault put"
                        + " NAME`.");
            }
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

    private SlotReport slots(Optional<Seal> seal) throws IOException {
        List<Vault.FilledSlot> held = sources.keys().list();
        return seal.map(inForce -> SlotReport.of(inForce, held)).orElse(new SlotReport(Set.of(), List.of()));
    }

    private long waiting(Optional<Seal> seal) {
        return seal.map(inForce -> sources.confirmers().count(inForce).open()).orElse(0L);
    }

    /** Returns whether the kernel separates agents from the daemon, or the sandbox alone does. */
    public String separation() {
        return separate ? "user" : "none";
    }
}
