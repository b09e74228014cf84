package dev.interlock.admin;

import dev.interlock.action.Durations;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.identity.LeaseJson;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.identity.RemoteMachine;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Commands about remote machines. A machine takes leases by itself, with its certificate, so it is added only for what
 * needs no signature.
 */
public final class RemoteCommands implements CommandGroup {

    private static final String AGENT = "agent";
    private static final String KEY = "public_key";
    private static final String LASTING = "lasting";
    private static final String MACHINE = "machine";
    private static final String ENDED = "its machine has ended";

    private static final Duration DEFAULT_TIME = Duration.ofDays(90);

    private final Leases leases;
    private final LeaseCommands endings;
    private final Optional<MachineCertificates> certificates;
    private final Listeners listeners;
    private final InstantSource clock;

    /**
     * Wires it.
     *
     * @param certificates empty if there is no listener for other machines
     */
    public RemoteCommands(
            Leases leases,
            LeaseCommands endings,
            Optional<MachineCertificates> certificates,
            Listeners listeners,
            InstantSource clock) {
        this.leases = leases;
        this.endings = endings;
        this.certificates = certificates;
        this.listeners = listeners;
        this.clock = clock;
    }

    @Override
    public List<Command> commands() {
        Set<String> adding = new TreeSet<>(LeaseCommands.REQUEST);
        adding.addAll(Set.of(KEY, LASTING));
        return List.of(
                Command.of("remote.add", Entitlement.AGENT_USERS, adding, this::add),
                Command.of("remote.renew", Entitlement.AGENT_USERS, Set.of(AGENT, LASTING, MACHINE), this::renew),
                Command.of("remote.list", Entitlement.SOCKET, Set.of(), _ -> list()),
                Command.of("remote.end", Entitlement.SOCKET, Set.of(MACHINE, "reason"), this::end));
    }

    private Json.Members add(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        MachineCertificates signing = signing();
        Seal seal = request.seal();
        LeaseRequest wanted = LeaseCommands.request(seal, request.arguments().without(Set.of(KEY, LASTING)));
        requireUnsigned(seal, wanted);
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant expires = now.plus(lasting(request.optionalText(LASTING), DEFAULT_TIME));
        String id = leases.machines().newId();
        MachineCertificates.SignedCertificate signed = signing.sign(id, request.text(KEY), expires);
        RemoteMachine machine = new RemoteMachine(
                id,
                signed.fingerprint(),
                wanted,
                request.peer().user(),
                now,
                expires,
                Optional.of(request.text(KEY)),
                Optional.empty());
        request.entry().record(json(machine));
        leases.machines().add(machine);
        return with(json(machine), signed, signing);
    }

    /**
     * Gives a machine another certificate of its key, for what it was added for. The user who renews it is from then on
     * the one who added it, and the seal in force decides anew.
     */
    private Json.Members renew(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        MachineCertificates signing = signing();
        RemoteMachine known = find(request.text(MACHINE));
        if (!known.request().agent().equals(request.text(AGENT))) { // the agent whose users may do this
            throw new AdminRefusedException(
                    "not_found", "This machine is not one of that agent.", "See `interlock remote list`.");
        }
        String key = known.publicKey()
                .orElseThrow(() -> new AdminRefusedException(
                        "unavailable",
                        "An older version added this machine, and did not keep its public key.",
                        "End it, and add it again: `interlock remote end`, then `remote add --public-key`."));
        requireUnsigned(request.seal(), known.request());
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Duration before = Duration.between(known.added(), known.expires());
        Instant expires = now.plus(lasting(request.optionalText(LASTING), before));
        MachineCertificates.SignedCertificate signed = signing.sign(known.id(), key, expires);
        RemoteMachine machine =
                known.renewed(signed.fingerprint(), request.peer().user(), now, expires);
        request.entry().record(json(machine));
        leases.machines().renew(machine);
        return with(json(machine), signed, signing);
    }

    private MachineCertificates signing() throws AdminRefusedException {
        return certificates.orElseThrow(() -> new AdminRefusedException(
                "unavailable",
                "The gateway has no listener for other machines.",
                "Add `remote` to gateway.yaml, and start the gateway again: see docs/remote.md."));
    }

    private void requireUnsigned(Seal seal, LeaseRequest wanted) throws AdminRefusedException {
        List<String> reasons = leases.signatureReasons(seal, wanted);
        if (!reasons.isEmpty()) {
            throw new AdminRefusedException(
                    "signature_needed",
                    String.join(" ", reasons),
                    "A machine takes its leases without a person. Add it for less, or seal a task for it.");
        }
    }

    private static Json.Members with(
            Json.Members machine, MachineCertificates.SignedCertificate signed, MachineCertificates signing) {
        return machine.with("certificate", signed.pem())
                .with("authority", signing.authority())
                .with("address", signing.address());
    }

    private RemoteMachine find(String id) throws AdminRefusedException {
        return leases.machines()
                .find(id)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no remote machine of that name.", "See `interlock remote list`."));
    }

    private static Duration lasting(Optional<String> given, Duration otherwise) {
        Duration time = given.map(text -> Durations.read(text)
                        .orElseThrow(() -> new IllegalArgumentException("`lasting` must be written as `12h` or `90d`")))
                .orElse(otherwise);
        if (time.compareTo(MachineCertificates.LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "a machine's certificate lasts at most " + MachineCertificates.LONGEST.toDays() + " days");
        }
        return time;
    }

    private Json.Members list() {
        return Json.object()
                .withItems("machines", leases.machines().all().stream().map(RemoteCommands::json));
    }

    /** Ends a machine, its leases and its connections. It takes effect first: it tightens. */
    private Json.Members end(AdminRequest request) throws AdminRefusedException {
        String id = find(request.text(MACHINE)).id();
        String reason = request.optionalText("reason").orElse(ENDED);
        Leases.EndedLeases ended = leases.endMachine(id, reason);
        Json.Members told = Json.object().with(MACHINE, id).with("reason", reason);
        try {
            return endings.ended(ended, 0, request.entry(), told).with(MACHINE, id);
        } finally {
            listeners.close(id); // also the connections on which no lease was used
        }
    }

    private static Json.Members json(RemoteMachine machine) {
        return LeaseJson.write(machine.request())
                .with(MACHINE, machine.id())
                .with("fingerprint", machine.fingerprint())
                .with("by", machine.addedBy())
                .with("since", machine.added().toString())
                .with("until", machine.expires().toString());
    }
}
