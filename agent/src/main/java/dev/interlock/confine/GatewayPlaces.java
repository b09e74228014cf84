package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

public final class GatewayPlaces implements PlaceProvider {

    /** Receipts that are searched for the one that ended a lease. It was written a moment ago. */
    private static final long LATEST_RECEIPTS = 50;

    /**
     * The gateway's limit for a place. A workspace with more decoys holds test data, and its agent should still start.
     */
    private static final int MOST_DECOYS = 1_000;

    /** Maximum characters of a decoy. Longer ones are keys in files, and would make the request too long. */
    private static final int LONGEST_DECOY = 3_000;

    /** The time that the gateway has to answer about a connection. A busy disk syncs several times in it. */
    private static final Duration SERVICE_ANSWER = Duration.ofSeconds(20);

    private final AdminClient gateway;
    private final Optional<Signer> signer;
    private final Consumer<LeaseQuestion.IssuedLease> opened;

    /** Connections by lease. An open connection shows the gateway that this process is alive. */
    private final Map<String, AdminClient.OpenConnection<?>> held = new ConcurrentHashMap<>();

    @FunctionalInterface
    public interface Signer {
        String sign(byte[] statement) throws IOException;
    }

    public GatewayPlaces(AdminClient gateway, Optional<Signer> signer, Consumer<LeaseQuestion.IssuedLease> opened) {
        this.gateway = gateway;
        this.signer = signer;
        this.opened = opened;
    }

    @Override
    public AgentPlace open(PlaceRequest errand) throws IOException, SandboxException {
        LeaseTerms terms = new LeaseTerms(
                errand.task(),
                errand.agent(),
                Set.copyOf(errand.environments()),
                Set.copyOf(errand.impacts()),
                Set.of(),
                Optional.empty());
        try {
            Optional<SignedStatement> signed =
                    signer.isPresent() ? Optional.of(signed(terms, signer.get())) : Optional.empty();
            AdminClient.OpenConnection<LeaseQuestion.OpenedRun> line = gateway.hold(new LeaseQuestion.OpenRun(
                    signed.isPresent() ? Optional.empty() : Optional.of(terms),
                    signed,
                    RunProcess.current().map(RunProcess::text),
                    Optional.of((long) errand.uid()),
                    errand.services().isEmpty() ? Optional.empty() : Optional.of(errand.services())));
            LeaseQuestion.OpenedRun run = line.answer();
            try {
                opened.accept(run.lease());
                AgentPlace place = place(run);
                held.put(place.lease(), line);
                return place;
            } catch (RuntimeException e) {
                // Otherwise nobody would close it, and its token would live on.
                try (line) {
                    gateway.ask(new LeaseQuestion.CloseRun(run.lease().lease()));
                }
                throw e;
            }
        } catch (AdminRefusedException e) {
            String reason = String.valueOf(e.getMessage());
            if (e.isWrongArgument()) {
                throw SandboxException.ofOrder(reason, e.next());
            }
            throw isPassing(e) ? new SandboxException(reason, e.next()) : SandboxException.ofGateway(reason, e.next());
        }
    }

    /** Whether the refusal is temporary, as while the ledger cannot record. */
    private static boolean isPassing(AdminRefusedException e) {
        return e.kind().equals("unavailable");
    }

    private SignedStatement signed(LeaseTerms terms, Signer person) throws IOException, AdminRefusedException {
        String statement = gateway.ask(new LeaseQuestion.PrepareLease(terms)).statement();
        return new SignedStatement(statement, person.sign(statement.getBytes(StandardCharsets.UTF_8)));
    }

    private static AgentPlace place(LeaseQuestion.OpenedRun opened) {
        LeaseQuestion.IssuedLease lease = opened.lease();
        return new AgentPlace(
                lease.lease(),
                Optional.of(lease.terms().agent()),
                Optional.of(opened.logKey()),
                lease.token(),
                Path.of(opened.socket()),
                Path.of(opened.trust()),
                lease.terms().expires(),
                new ExecutedPaths(opened.executed()),
                planted(opened.planted()),
                opened.databases());
    }

    private static Map<Path, Bytes> planted(List<LeaseQuestion.Decoy> files) {
        Map<Path, Bytes> planted = new TreeMap<>();
        for (LeaseQuestion.Decoy file : files) {
            Path path = Path.of(file.path()).normalize();
            if (path.isAbsolute() || path.startsWith("..")) {
                throw new MalformedException("a decoy is outside the agent's home");
            }
            planted.put(path, Bytes.utf8(file.content()));
        }
        return planted;
    }

    @Override
    public void registerDecoys(AgentPlace place, List<MaskedCredential> decoys) throws IOException {
        if (decoys.isEmpty()) {
            return;
        }
        try {
            gateway.ask(new LeaseQuestion.ArmDecoys(
                    place.lease(),
                    decoys.stream()
                            .filter(one -> one.decoy().<Boolean>use(text -> text.length() <= LONGEST_DECOY))
                            .collect(Collectors.toMap(
                                    one -> one.decoy().<String>use(text -> text),
                                    one -> one,
                                    (first, _) -> first,
                                    LinkedHashMap::new))
                            .values()
                            .stream()
                            .limit(MOST_DECOYS)
                            .toList()));
        } catch (AdminRefusedException e) {
            throw new IOException("the gateway did not accept the decoys: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<Instant> renew(AgentPlace place) throws IOException {
        try {
            return Optional.of(
                    gateway.ask(new LeaseQuestion.RenewRun(place.lease())).expires());
        } catch (AdminRefusedException e) {
            if (isPassing(e)) {
                throw new IOException(e.getMessage(), e);
            }
            return Optional.empty(); // revoked, or at its template's maximum: the agent keeps what is left
        }
    }

    @Override
    public PlaceState checkState(AgentPlace place) {
        AdminClient.OpenConnection<?> line = held.get(place.lease());
        if (line == null || !line.isOpen()) {
            return comeBack(place);
        }
        if (listens(place)) {
            return PlaceState.OPEN;
        }
        return line.isOpen() ? PlaceState.ENDED : comeBack(place); // the gateway itself may have ended meanwhile
    }

    private PlaceState comeBack(AgentPlace place) {
        try {
            AdminClient.OpenConnection<?> line = gateway.hold(new LeaseQuestion.ReattachRun(place.lease()));
            AdminClient.OpenConnection<?> before = held.put(place.lease(), line);
            if (before != null) {
                before.close();
            }
            return PlaceState.OPEN;
        } catch (AdminRefusedException e) {
            return isPassing(e) ? PlaceState.AWAY : PlaceState.ENDED;
        } catch (IOException e) {
            return PlaceState.AWAY;
        }
    }

    private void letGo(String lease) throws IOException {
        AdminClient.OpenConnection<?> line = held.remove(lease);
        if (line != null) {
            line.close();
        }
    }

    private static boolean listens(AgentPlace place) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(place.socket()))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String end(AgentPlace place) {
        try {
            return gateway
                    .ask(EvidenceQuestion.FindReceipts.latest(LATEST_RECEIPTS).ofKind(Optional.of("admin")))
                    .receipts()
                    .stream()
                    .filter(act -> act.items("leases").contains(new Json.Text(place.lease())))
                    .findFirst()
                    .map(act -> "this lease was ended by `" + act.text("peer") + "` (" + act.text("command") + ")")
                    .orElse("this lease has ended");
        } catch (IOException e) {
            return "the gateway has ended";
        } catch (AdminRefusedException | RuntimeException e) {
            return "this lease has ended"; // the ledger cannot be read, but that is not the question here
        }
    }

    @Override
    public String record(AgentPlace place, String manifest) throws IOException {
        try {
            return gateway.ask(new LeaseQuestion.RecordSession(place.lease(), manifest))
                    .receipt();
        } catch (AdminRefusedException e) {
            throw new IOException("it says: " + e.getMessage(), e);
        }
    }

    @Override
    public String openService(AgentPlace place, LocalService service) throws IOException {
        try {
            return gateway.within(SERVICE_ANSWER)
                    .ask(new LeaseQuestion.OpenService(place.lease(), service))
                    .receipt();
        } catch (AdminRefusedException e) {
            throw new IOException("it says: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean permitsService(AgentPlace place, LocalService service) {
        try {
            gateway.within(SERVICE_ANSWER).ask(new LeaseQuestion.CheckService(place.lease(), service));
            return true;
        } catch (AdminRefusedException e) {
            return isPassing(e);
        } catch (IOException e) {
            return true; // whoever keeps the lease sees to a gateway that is away
        }
    }

    @Override
    public void closeService(LeaseQuestion.ClosedConnection connection) throws IOException {
        try {
            gateway.within(SERVICE_ANSWER).ask(new LeaseQuestion.CloseService(connection));
        } catch (AdminRefusedException e) {
            throw new IOException("it says: " + e.getMessage(), e);
        }
    }

    @Override
    public void close(AgentPlace place) throws IOException {
        try {
            gateway.ask(new LeaseQuestion.CloseRun(place.lease()));
        } catch (AdminRefusedException e) {
            // The lease has ended already, by revocation or expiry, and its listener with it.
        } finally {
            letGo(place.lease());
        }
    }
}
