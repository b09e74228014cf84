package dev.interlock.readiness;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedBots;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.config.Config;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.front.http.FrontEndpoint;
import dev.interlock.front.postgres.PostgresFront;
import dev.interlock.housekeeping.ProbeScheduler;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.ledger.LedgerStatus;
import dev.interlock.limits.Freezes;
import dev.interlock.store.StoreFleet;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import dev.interlock.watch.AlertDispatcher;
import dev.interlock.watch.Probes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The gateway's current protections and those that are missing.
 *
 * @param databases where clients of PostgreSQL connect, and how
 * @param guessable a console with such a name
 * @param fleet the gateways that share the store, if several may
 * @param replicas copies of their ledgers
 */
public record GatewayStatus(
        Sources sources,
        InetSocketAddress address,
        boolean separate,
        Optional<RemoteListenerStatus> remote,
        Supplier<Optional<String>> databases,
        Optional<Config.Console> guessable,
        Supplier<Optional<StoreFleet>> fleet,
        LedgerReplicas replicas) {

    /** The longest time from a report to the end of the permission to serve. */
    private static final Duration MAX_UNHEARD = Duration.ofSeconds(2);

    /**
     * The parts that a status is read from.
     *
     * @param halted why every call is refused, whatever it is
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
            Supplier<Optional<String>> halted,
            InstantSource now) {}

    /**
     * Returns what people are shown.
     *
     * @param console its address, or why it has none
     * @param partly why people cannot use it, although they should
     */
    public StatusQuestion.Status now(String console, Optional<String> partly) {
        Optional<Seal> seal = sources.seals().get();
        LedgerStatus log = sources.ledger().status();
        List<String> things = warnings(seal);
        StatusQuestion.SecretStatus secrets = secrets(seal, things);
        if (!separate) {
            things.add(
                    "The gateway runs as the user of agents, so only the sandbox separates them: start it as a user of its own, see docs/install.md.");
        }
        List<String> kills = kills();
        kills.forEach(kill -> things.add(lifted(
                kill,
                "kill --lift",
                seal.flatMap(one -> sources.leases().kills().lifters(one, name(kill))))));
        List<String> freezes = freezes();
        freezes.forEach(freeze -> things.add(lifted(
                freeze, "freeze lift", seal.flatMap(one -> sources.freezes().lifters(one, name(freeze))))));
        Optional<Long> holds = Optional.empty();
        Optional<StatusQuestion.StoreStatus> store = Optional.empty();
        try {
            store = fleet.get().map(all -> store(all, things));
            long open = seal.map(inForce -> sources.confirmers().count(inForce).open())
                    .orElse(0L);
            holds = Optional.of(open);
            if (open > 0) {
                things.add((open == 1 ? "1 call waits" : open + " calls wait") + " for an answer: interlock hold list");
            }
        } catch (StoreUnavailableException _) {
            things.add("The store cannot be read: see the daemon's log.");
        }
        Optional<String> why = why(seal, log);
        return new StatusQuestion.Status(
                why.isEmpty(),
                why,
                partly,
                new StatusQuestion.Parts(
                        address.getHostString() + ":" + address.getPort(),
                        separation(),
                        sources.apart().get(),
                        alerts(),
                        told(sources.probes().all()),
                        fronts(),
                        probed(seal),
                        remote.map(RemoteListenerStatus::now),
                        store),
                seal(seal),
                ledger(log),
                secrets,
                sources.leases().current(seal).stream()
                        .filter(lease -> lease.suspended().isEmpty())
                        .count(),
                holds,
                kills,
                freezes,
                console,
                things);
    }

    /** Returns why calls are not held as they must be, or are all refused. */
    private Optional<String> why(Optional<Seal> seal, LedgerStatus log) {
        if (seal.isEmpty()) {
            return Optional.of("no policy is in force, so every call is refused: sudo interlock seal.");
        }
        if (log.refusing().isPresent()) {
            return Optional.of("the ledger does not append (" + log.refusing().get() + "), so every call is refused.");
        }
        Optional<String> halted = sources.halted().get();
        if (halted.isPresent()) {
            return halted;
        }
        return sources.probes().all().red().isEmpty()
                ? Optional.empty()
                : Optional.of("calls passed that must be refused: interlock doctor.");
    }

    private StatusQuestion.StoreStatus store(StoreFleet fleet, List<String> things) {
        Map<String, LedgerReplicas.LedgerReplica> copies = replicas.all();
        things.addAll(replicas.hung());
        Optional<Long> sealed = sources.seals().get().map(Seal::sequence);
        List<StatusQuestion.NodeStatus> nodes = new ArrayList<>();
        for (StoreFleet.Node node : fleet.nodes()) {
            Instant heard = node.heard().truncatedTo(ChronoUnit.SECONDS);
            if (node.isSilent()) {
                things.add("The gateway `" + node.name() + "` is silent since " + heard + ", and serves nothing"
                        + reads(heard) + ": look after its machine and its way to the store.");
            }
            boolean isMissed = replicas.directory().isPresent() && !copies.containsKey(node.name());
            if (isMissed && !node.name().equals(replicas.own())) {
                things.add(
                        "No copy of the log of `" + node.name()
                                + "` can be read below `replicas`: mount it there. A restored store stops everything without it.");
            }
            Json.Members said = said(node);
            Optional<Long> seal = said.get("seal").map(_ -> said.whole("seal"));
            Optional<String> why = said.optionalText("why");
            if (!node.isSilent() && !node.name().equals(replicas.own())) {
                why.ifPresent(cause -> things.add("The gateway `" + node.name() + "` is NOT PROTECTED: " + cause));
                seal.filter(one -> !seal.equals(sealed))
                        .ifPresent(other -> things.add("The gateway `" + node.name() + "` has seal " + other
                                + " in force, and this one "
                                + sealed.map(own -> "seal " + own).orElse("none")
                                + ": see the log of the older one."));
            }
            nodes.add(new StatusQuestion.NodeStatus(
                    node.name(),
                    node.version(),
                    node.since().truncatedTo(ChronoUnit.SECONDS).toString(),
                    heard.toString(),
                    node.isSilent(),
                    Math.max(0, fleet.number() - node.number()),
                    seal,
                    why,
                    Optional.ofNullable(copies.get(node.name()))
                            .filter(_ -> said.get("receipts").isPresent())
                            .map(copy -> Math.max(0, said.whole("receipts") - copy.size()))));
        }
        return new StatusQuestion.StoreStatus(replicas.own(), fleet.number(), nodes);
    }

    /** Returns what the grace of the seal lets a gateway serve that was {@code heard} last, which is every second. */
    private String reads(Instant heard) {
        return sources.seals()
                .get()
                .flatMap(Seal::fleet)
                .map(rules -> " but reads, these until "
                        + heard.plus(rules.readGrace()).plus(MAX_UNHEARD) + " at most")
                .orElse("");
    }

    /** Returns what the other gateways of the store show of this one. */
    public String said() {
        Optional<Seal> seal = sources.seals().get();
        LedgerStatus log = sources.ledger().status();
        Json.Members said = Json.object().with("receipts", log.size()).withOptional("why", why(seal, log));
        return seal.map(one -> said.with("seal", one.sequence())).orElse(said).canonicalText();
    }

    /** Reads what {@code node} said. It is nothing if it says nothing yet, or in a way that is not known. */
    private static Json.Members said(StoreFleet.Node node) {
        try {
            Json.Members said = Json.readObject(node.said().getBytes(StandardCharsets.UTF_8));
            said.optionalText("why");
            for (String number : List.of("seal", "receipts")) {
                said.get(number).ifPresent(_ -> said.whole(number));
            }
            return said;
        } catch (MalformedException _) {
            return Json.object();
        }
    }

    private static String lifted(String stop, String command, Optional<String> who) {
        return stop
                + who.map(people -> ". To lift it: interlock " + command + " " + name(stop)
                                + " --key KEY, with a key of " + people + ".")
                        .orElse(". Nobody can lift it: each owner is stopped by a kill.");
    }

    private static String name(String stop) {
        return stop.substring(0, stop.indexOf(' '));
    }

    private StatusQuestion.SealStatus seal(Optional<Seal> seal) {
        return new StatusQuestion.SealStatus(
                seal.map(Seal::id).orElse("none"),
                seal.map(Seal::sequence).orElse(0L),
                seal.map(s -> s.expires().toString()).orElse("–"),
                observing(seal),
                seal.flatMap(s -> s.approvals().solo())
                        .map(solo -> "one person: " + solo.delay().toMinutes()
                                + " minutes of delay replace a second person, and `" + solo.notice() + "` is notified")
                        .orElse("no"),
                ofEach(seal, upstream -> upstream.address().toString()),
                ofEach(seal, Seal.Upstream::catalog),
                // the header fields in which each upstream gets its credentials
                ofEach(
                        seal,
                        upstream -> upstream.credentials().stream()
                                .map(Seal.CredentialSlot::header)
                                .distinct()
                                .sorted()
                                .toList()),
                bots(seal));
    }

    private static Map<String, List<String>> bots(Optional<Seal> seal) {
        Map<String, List<String>> said = new TreeMap<>(
                ofEach(seal, upstream -> upstream.bots().map(SealedBots::lines).orElse(List.of())));
        said.values().removeIf(List::isEmpty);
        return said;
    }

    private static <V> Map<String, V> ofEach(Optional<Seal> seal, Function<Seal.Upstream, V> value) {
        return seal.stream()
                .flatMap(s -> s.upstreams().values().stream())
                .collect(Collectors.toMap(Seal.Upstream::name, value));
    }

    private StatusQuestion.LedgerStatus ledger(LedgerStatus log) {
        return new StatusQuestion.LedgerStatus(
                log.size(),
                log.published(),
                log.refusing().orElse("appending"),
                room(log),
                log.publishing().orElse("up to date"),
                log.replicating().orElse(log.replicated().isPresent() ? "following" : "none"),
                witnesses(log),
                log.lag().isPresent() ? Optional.of(log.lag().getAsLong()) : Optional.empty(),
                sources.ledger().verifierKey().toString());
    }

    private static Map<String, String> witnesses(LedgerStatus log) {
        Map<String, String> told = new TreeMap<>();
        for (LedgerStatus.WitnessStatus witness : log.witnesses()) {
            String seen = witness.at()
                    .map(at -> "vouches for " + witness.size() + " receipts since " + at)
                    .orElse("has not answered yet");
            told.put(
                    witness.name(),
                    seen + witness.failing().map(why -> ", FAILING: " + why).orElse(""));
        }
        return told;
    }

    /** Returns which witnesses of the seal are silent, if any. */
    private static Optional<String> unwitnessed(WitnessRules rules, List<LedgerStatus.WitnessStatus> witnesses) {
        Set<String> silent = rules.without(witnesses.stream()
                .filter(witness -> witness.failing().isEmpty())
                .map(LedgerStatus.WitnessStatus::key)
                .toList());
        int answering = rules.keys().size() - silent.size();
        return silent.isEmpty()
                ? Optional.empty()
                : Optional.of("The seal wants " + rules.quorum() + " of "
                        + rules.keys().size()
                        + " witnesses to see each call that can " + String.join(" or ", rules.impacts())
                        + (answering < rules.quorum() ? ", and EVERY SUCH CALL IS REFUSED" : "") + ": `"
                        + String.join("`, `", silent)
                        + "` do not answer, or gateway.yaml names no address of them under `witnesses`.");
    }

    private static String room(LedgerStatus log) {
        return log.isRoomKnown()
                ? (log.freeBytes() >> 20) + " MiB" + (log.isDiskLow() ? ": make room" : "")
                : "not known";
    }

    private Map<String, String> alerts() {
        Map<String, String> alerts = new TreeMap<>(Map.of("standard error", "written"));
        sources.watch().receiverStatuses().forEach(standing -> alerts.put(standing.name(), told(standing)));
        sources.watch()
                .missing()
                .forEach(missing -> alerts.put(missing, "MISSING: `gateway.yaml` defines no such receiver"));
        return alerts;
    }

    private static String told(AlertDispatcher.ReceiverStatus standing) {
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
                .map(until -> "until " + until + ": reads and writes that no policy permits are forwarded")
                .orElse("no");
    }

    /** Returns each front with its protocol. A front that was shut because a probe got through is listed too. */
    private Map<String, String> fronts() {
        Map<String, Set<String>> spoken = new TreeMap<>();
        sources.probes().fronts().forEach(front -> spoken.put(front, new TreeSet<>()));
        sources.ways()
                .get()
                .forEach(way -> spoken.computeIfAbsent(way.front(), _ -> new TreeSet<>())
                        .add(way.protocol()));
        Map<String, String> fronts = new TreeMap<>();
        spoken.forEach((front, protocols) -> fronts.put(
                front, how(front, protocols) + ", " + told(sources.probes().ofFront(front))));
        databases
                .get()
                .ifPresent(at -> fronts.put(
                        PostgresFront.SHARED, at + ", " + told(sources.probes().ofFront(PostgresFront.SHARED))));
        return fronts;
    }

    private static String how(String front, Set<String> protocols) {
        if (front.equals(ProbeScheduler.POLICY)) {
            return "the policy alone";
        }
        if (protocols.isEmpty()) {
            return "SHUT";
        }
        return String.join(" and ", protocols)
                + (front.startsWith("https:")
                        ? ", TLS"
                        : front.startsWith("http:") ? ", in the clear" : ", one sandbox's socket");
    }

    private Map<String, String> probed(Optional<Seal> seal) {
        return ofEach(
                seal,
                upstream -> sources.probes().hasNone(upstream.name())
                        ? "never: its catalog has no operation that a probe could try"
                        : told(sources.probes().ofUpstream(upstream.name())));
    }

    private static String told(Probes.ProbeStatus standing) {
        if (standing.latest().isEmpty()) {
            return "no probe yet";
        }
        String latest = " (latest " + standing.latest().get().truncatedTo(ChronoUnit.SECONDS) + ")";
        return standing.red().isEmpty()
                ? "all " + standing.count() + " refused" + latest
                : "RED: " + standing.red().size() + " of " + standing.count() + " not refused" + latest;
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

    /** Returns problems that weaken no protection and would still make calls fail. */
    private List<String> warnings(Optional<Seal> seal) {
        List<String> warnings = new ArrayList<>(sources.faults().get());
        if (!observing(seal).equals("no")) {
            warnings.add("The seal only observes " + observing(seal) + ".");
        }
        for (String missing : sources.watch().missing()) {
            warnings.add("The seal sends alerts to `" + missing
                    + "`, which `gateway.yaml` does not define: add it under `alerts` in that file.");
        }
        seal.flatMap(s -> s.approvals().solo())
                .map(SoleOwnerRules::notice)
                .filter(notice -> !sources.watch().reaches(notice))
                .ifPresent(
                        notice -> warnings.add(
                                "`" + notice
                                        + "`, the second address of the single person, is not defined or does not accept alerts: nothing can be signed until it does."));
        for (AlertDispatcher.ReceiverStatus standing : sources.watch().receiverStatuses()) {
            standing.failing()
                    .ifPresent(why -> warnings.add("The receiver of alerts `" + standing.name() + "` fails (" + why
                            + "): run `interlock alert test " + standing.name() + "`."));
        }
        guessable.ifPresent(
                console -> warnings.add(
                        "The console is called `" + console.called()
                                + "`, a name that can be guessed: a browser could send its cookie to another program on this machine. Use TLS, or a name of 32 random digits, see docs/console.md."));
        LedgerStatus log = sources.ledger().status();
        if (!log.isSeenElsewhere()) {
            warnings.add(
                    "Whoever takes over this machine can rewrite the log unnoticed: name a `replica` on another machine, or `witnesses`, in gateway.yaml, see docs/operators.md.");
        }
        for (LedgerStatus.WitnessStatus witness : log.witnesses()) {
            witness.failing()
                    .ifPresent(why -> warnings.add("The witness `" + witness.name() + "` of the ledger "
                            + (witness.isContradicting() ? "CONTRADICTS it" : "does not cosign") + ": " + why + "."));
        }
        seal.flatMap(Seal::witnesses)
                .flatMap(rules -> unwitnessed(rules, log.witnesses()))
                .ifPresent(warnings::add);
        sources.probes().all().red().forEach(red -> warnings.add("A probe is red: " + red + "."));
        return warnings;
    }

    private StatusQuestion.SecretStatus secrets(Optional<Seal> seal, List<String> things) {
        try {
            SlotReport slots = slots(seal);
            if (!slots.missing().isEmpty()) {
                things.add("The vault has no secret for `" + String.join("`, `", slots.missing())
                        + "`: calls that need one are refused, even with a confirmation. Run `interlock vault put NAME`"
                        + (replicas.directory().isPresent()
                                ? ", or `interlock fleet join` if another node has it."
                                : "."));
            }
            return new StatusQuestion.SecretStatus(
                    Optional.of(List.copyOf(slots.missing())), Optional.of(slots.unseparated()));
        } catch (IOException _) {
            things.add("The vault cannot be read: see the daemon's log.");
            return new StatusQuestion.SecretStatus(Optional.empty(), Optional.empty());
        }
    }

    private SlotReport slots(Optional<Seal> seal) throws IOException {
        List<Vault.FilledSlot> held = sources.keys().list();
        return seal.map(inForce -> SlotReport.of(inForce, held)).orElse(new SlotReport(Set.of(), List.of()));
    }

    /** Returns whether the kernel separates agents from the daemon, or the sandbox alone does. */
    public String separation() {
        return separate ? "user" : "none";
    }

    /**
     * The seal's slots compared with the vault's contents: which have no secret, and which are not separate. No secret
     * is opened for that.
     *
     * @param missing the names of the slots without a secret in the store that the seal names
     * @param unseparated sentences about slots that share a secret, or are for too much
     */
    record SlotReport(Set<String> missing, List<String> unseparated) {

        /** Compares the slots of {@code seal} with those that hold a secret. */
        static SlotReport of(Seal seal, Collection<Vault.FilledSlot> held) {
            Set<String> guarded = seal.environments().values().stream()
                    .filter(Seal.Environment::isProtected)
                    .map(Seal.Environment::name)
                    .collect(Collectors.toSet());
            Map<String, Vault.FilledSlot> filled = new HashMap<>();
            held.forEach(slot -> filled.put(slot.name(), slot));
            Set<String> missing = new TreeSet<>();
            List<String> unseparated = new ArrayList<>();
            for (Seal.Upstream upstream : seal.upstreams().values()) {
                for (Seal.CredentialSlot slot : upstream.credentials()) {
                    Store store = Store.of(slot.impacts(), slot.environments(), guarded);
                    Vault.FilledSlot secret = filled.get(slot.name());
                    if (secret == null || secret.store() != store) {
                        missing.add(slot.name());
                    } else {
                        unseparated.addAll(shared(upstream, slot, secret));
                    }
                    if (store == Store.ORDINARY
                            && slot.impacts().contains(Impact.DESTROY)
                            && slot.impacts().size() > 1) {
                        unseparated.add(
                                "`" + slot.name()
                                        + "` is for `destroy` and more: for the rest the keys process opens it as the gateway asks, without a confirmation; give `destroy` a slot of its own");
                    }
                }
            }
            return new SlotReport(missing, unseparated);
        }

        /** Returns a sentence for each slot after {@code slot} by name that has the same secret for something else. */
        private static List<String> shared(Seal.Upstream upstream, Seal.CredentialSlot slot, Vault.FilledSlot secret) {
            return upstream.credentials().stream()
                    .filter(other ->
                            secret.same().contains(other.name()) && slot.name().compareTo(other.name()) < 0)
                    .filter(other -> !other.impacts().equals(slot.impacts())
                            || !other.environments().equals(slot.environments()))
                    .map(other -> "`" + slot.name() + "` and `" + other.name() + "` hold the same secret")
                    .toList();
        }
    }
}
