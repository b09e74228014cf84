package dev.interlock.admin;

import dev.interlock.action.Durations;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.RemoteQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
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

/**
 * Commands about remote machines. A machine takes leases by itself, with its certificate, so it is added only for what
 * needs no signature.
 *
 * @param certificates empty if there is no listener for other machines
 */
public record RemoteCommands(
        Leases leases,
        LeaseCommands endings,
        Optional<MachineCertificates> certificates,
        Listeners listeners,
        InstantSource clock)
        implements CommandGroup {

    private static final String ENDED = "its machine has ended";
    private static final Duration DEFAULT_TIME = Duration.ofDays(90);

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(RemoteQuestion.AddMachine.class, this::add),
                Command.of(RemoteQuestion.RenewMachine.class, this::renew),
                Command.of(RemoteQuestion.ListMachines.class, _ -> list()),
                Command.of(RemoteQuestion.EndMachine.class, this::end));
    }

    private RemoteQuestion.CertifiedMachine add(AdminRequest<RemoteQuestion.AddMachine> request)
            throws AdminRefusedException, LedgerUnavailableException {
        MachineCertificates signing = signing();
        RemoteQuestion.AddMachine asked = request.question();
        Seal seal = request.seal();
        LeaseRequest wanted = LeaseCommands.request(seal, asked.terms());
        requireUnsigned(seal, wanted);
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant expires = now.plus(lasting(asked.lasting(), DEFAULT_TIME));
        String id = leases.machines().newId();
        MachineCertificates.SignedCertificate signed = signing.sign(id, asked.publicKey(), expires);
        RemoteMachine machine = new RemoteMachine(
                id,
                signed.fingerprint(),
                wanted,
                request.peer().user(),
                now,
                expires,
                Optional.of(asked.publicKey()),
                Optional.empty());
        request.entry().record(RecordJson.write(answer(machine)));
        leases.machines().add(machine);
        return certified(machine, signed, signing);
    }

    /** Gives a machine another certificate of its key, for what it was added for. The seal in force decides anew. */
    private RemoteQuestion.CertifiedMachine renew(AdminRequest<RemoteQuestion.RenewMachine> request)
            throws AdminRefusedException, LedgerUnavailableException {
        MachineCertificates signing = signing();
        RemoteMachine known = find(request.question().machine());
        if (!known.request().agent().equals(request.question().agent())) { // the agent whose users may do this
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
        Instant expires = now.plus(lasting(request.question().lasting(), before));
        MachineCertificates.SignedCertificate signed = signing.sign(known.id(), key, expires);
        RemoteMachine machine =
                known.renewed(signed.fingerprint(), request.peer().user(), now, expires);
        request.entry().record(RecordJson.write(answer(machine)));
        leases.machines().renew(machine);
        return certified(machine, signed, signing);
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

    private static RemoteQuestion.CertifiedMachine certified(
            RemoteMachine machine, MachineCertificates.SignedCertificate signed, MachineCertificates signing) {
        return new RemoteQuestion.CertifiedMachine(
                answer(machine), signed.pem(), signing.authority(), signing.address());
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

    private RemoteQuestion.Machines list() {
        return new RemoteQuestion.Machines(
                leases.machines().all().stream().map(RemoteCommands::answer).toList());
    }

    /** Ends a machine, its leases and its connections. It takes effect first: it tightens. */
    private RemoteQuestion.EndedMachine end(AdminRequest<RemoteQuestion.EndMachine> request)
            throws AdminRefusedException {
        String id = find(request.question().machine()).id();
        String reason = request.question().reason().orElse(ENDED);
        Leases.EndedLeases ended = leases.endMachine(id, reason);
        Json.Members told = Json.object().with("machine", id).with("reason", reason);
        try {
            return new RemoteQuestion.EndedMachine(id, endings.ended(ended, 0, request.entry(), told));
        } finally {
            listeners.close(id); // also the connections on which no lease was used
        }
    }

    private static RemoteQuestion.Machine answer(RemoteMachine machine) {
        LeaseRequest request = machine.request();
        return new RemoteQuestion.Machine(
                machine.id(),
                machine.fingerprint(),
                request.agent(),
                request.task(),
                List.copyOf(request.environments()),
                request.impacts().stream().map(Impact::word).toList(),
                request.resources().stream().map(Resource::toString).toList(),
                request.ttl().toSeconds(),
                request.template(),
                machine.addedBy(),
                machine.added(),
                machine.expires());
    }
}
