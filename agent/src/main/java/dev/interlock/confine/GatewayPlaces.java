package dev.interlock.confine;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.Secret;
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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Opens places at a running gateway, through its admin socket. */
public final class GatewayPlaces implements PlaceProvider {

    /** Maximum receipts searched for the one that ended a lease. It was written a moment ago. */
    private static final long LATEST_RECEIPTS = 50;

    /**
     * Maximum decoys per place, the same as the gateway's limit. A workspace with more of them holds test data, and its
     * agent should still start.
     */
    private static final int MOST_DECOYS = 1_000;

    /**
     * Maximum characters of a decoy. Longer ones are keys in files, and all of them together would make the request too
     * long.
     */
    private static final int LONGEST_DECOY = 3_000;

    private final AdminClient gateway;
    private final Optional<Signer> signer;
    private final Consumer<Json.Members> opened;

    /** Connections by lease. An open connection shows the gateway that this process is alive. */
    private final Map<String, AdminClient.OpenConnection> held = new ConcurrentHashMap<>();

    /** Signs a lease statement in a person's name. */
    @FunctionalInterface
    public interface Signer {
        String sign(byte[] statement) throws IOException;
    }

    /**
     * Creates places of {@code gateway}.
     *
     * @param signer signs for leases that need a signature; empty if nobody does
     * @param opened is notified of each opened lease, without its token
     */
    public GatewayPlaces(AdminClient gateway, Optional<Signer> signer, Consumer<Json.Members> opened) {
        this.gateway = gateway;
        this.signer = signer;
        this.opened = opened;
    }

    @Override
    public AgentPlace open(PlaceRequest errand) throws IOException, SandboxException {
        Json.Members arguments = Json.object().with("task", errand.task());
        if (errand.agent().isPresent()) {
            arguments = arguments.with("agent", errand.agent().get());
        }
        if (!errand.environments().isEmpty()) {
            arguments = arguments.withTexts("environments", errand.environments());
        }
        if (!errand.impacts().isEmpty()) {
            arguments = arguments.withTexts("impacts", errand.impacts());
        }
        try {
            AdminClient.OpenConnection line = gateway.hold(
                    "run.open",
                    (signer.isPresent() ? signed(arguments, signer.get()) : arguments)
                            .with("user", (long) errand.uid())
                            .withOptional("runner", RunProcess.current().map(RunProcess::text)));
            Json.Members lease = line.result();
            try {
                opened.accept(lease.without(Set.of("token", "trust", "executed", "planted")));
                AgentPlace place = place(lease);
                held.put(place.lease(), line);
                return place;
            } catch (RuntimeException e) {
                // Otherwise nobody would close it, and its token would live on.
                try (line) {
                    gateway.call("run.close", Json.object().with("lease", lease.text("lease")));
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

    /**
     * Returns whether the refusal is temporary, as while the ledger cannot record. The same request may succeed later.
     */
    private static boolean isPassing(AdminRefusedException e) {
        return e.kind().equals("unavailable");
    }

    private Json.Members signed(Json.Members arguments, Signer person) throws IOException, AdminRefusedException {
        String statement = gateway.call("lease.prepare", arguments).text("statement");
        return Json.object()
                .with("statement", statement)
                .with("signature", person.sign(statement.getBytes(StandardCharsets.UTF_8)));
    }

    private static AgentPlace place(Json.Members opened) {
        return new AgentPlace(
                opened.text("lease"),
                opened.optionalText("agent"),
                opened.optionalText("log_key"),
                new Secret(opened.text("token")),
                Path.of(opened.text("socket")),
                Path.of(opened.text("trust")),
                Instant.parse(opened.text("expires")),
                opened.get("executed").isPresent()
                        ? ExecutedPaths.read(opened.objects("executed"))
                        : ExecutedPaths.usual(),
                planted(opened.objects("planted")));
    }

    private static Map<Path, Bytes> planted(List<Json.Members> files) {
        Map<Path, Bytes> planted = new TreeMap<>();
        for (Json.Members file : files) {
            Path path = Path.of(file.text("path")).normalize();
            if (path.isAbsolute() || path.startsWith("..")) {
                throw new MalformedException("a decoy is outside the agent's home");
            }
            planted.put(path, Bytes.utf8(file.text("content")));
        }
        return planted;
    }

    @Override
    public void registerDecoys(AgentPlace place, List<Secret> decoys) throws IOException {
        if (decoys.isEmpty()) {
            return;
        }
        try {
            gateway.call(
                    "run.decoys",
                    Json.object()
                            .with("lease", place.lease())
                            .withTexts(
                                    "decoys",
                                    decoys.stream()
                                            .map(one -> one.<String>use(text -> text))
                                            .distinct()
                                            .filter(text -> text.length() <= LONGEST_DECOY)
                                            .limit(MOST_DECOYS)));
        } catch (AdminRefusedException e) {
            throw new IOException("the gateway did not accept the decoys: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<Instant> renew(AgentPlace place) throws IOException {
        try {
            Json.Members renewed = gateway.call("run.renew", Json.object().with("lease", place.lease()));
            return Optional.of(Instant.parse(renewed.text("expires")));
        } catch (AdminRefusedException e) {
            if (isPassing(e)) {
                throw new IOException(e.getMessage(), e);
            }
            return Optional.empty(); // revoked, or at its template's maximum: the agent keeps what is left
        }
    }

    @Override
    public PlaceState checkState(AgentPlace place) {
        AdminClient.OpenConnection line = held.get(place.lease());
        if (line == null || !line.isOpen()) {
            return comeBack(place);
        }
        if (listens(place)) {
            return PlaceState.OPEN;
        }
        return line.isOpen() ? PlaceState.ENDED : comeBack(place); // the gateway itself may have ended meanwhile
    }

    /** Reconnects to a gateway that was restarted. */
    private PlaceState comeBack(AgentPlace place) {
        try {
            AdminClient.OpenConnection line =
                    gateway.hold("run.reattach", Json.object().with("lease", place.lease()));
            AdminClient.OpenConnection before = held.put(place.lease(), line);
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
        AdminClient.OpenConnection line = held.remove(lease);
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
            Json.Members latest =
                    gateway.call("receipts", Json.object().with("kind", "admin").with("limit", LATEST_RECEIPTS));
            return latest.objects("receipts").stream()
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
            return gateway.call(
                            "session.record",
                            Json.object().with("lease", place.lease()).with("manifest_sha256", manifest))
                    .text("receipt");
        } catch (AdminRefusedException e) {
            throw new IOException("it says: " + e.getMessage(), e);
        }
    }

    @Override
    public void close(AgentPlace place) throws IOException {
        try {
            gateway.call("run.close", Json.object().with("lease", place.lease()));
        } catch (AdminRefusedException e) {
            // The lease has ended already, by revocation or expiry, and its listener with it.
        } finally {
            letGo(place.lease());
        }
    }
}
