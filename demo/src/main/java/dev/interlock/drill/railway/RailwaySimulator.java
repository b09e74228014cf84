package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The simulated provider, as a program and as an object.
 *
 * <p>Arguments:
 *
 * <ul>
 *   <li>{@code --state DIR} is required; the directory has no volumes in it yet.
 *   <li>{@code --port N} sets the port; the default is any.
 *   <li>{@code --world FILE} replaces the world of the PocketOS incident.
 *   <li>{@code --name HOST} adds a name to the certificate; it is repeatable.
 *   <li>{@code --fault KIND[:TEXT[:TIMES]]} arms a fault; it is repeatable. The kinds are {@code cut-after-apply},
 *       {@code cut-before-apply}, {@code hang-after-apply}, {@code hang-before-apply}, {@code error} and
 *       {@code garbage}.
 *   <li>{@code --page N} is the most a connection returns at once.
 * </ul>
 *
 * <p>It prints {@code {"port":…,"ca":"…/ca.pem","pid":…}} as its first line, once every volume is on disk and the port
 * is open. {@code control.sock} changes the world while it runs.
 */
public final class RailwaySimulator implements AutoCloseable {

    private static final List<String> NAMES =
            List.of("localhost", "127.0.0.1", "backboard.railway.com", "backboard.railway.app");
    private static final int DEFAULT_BOOKINGS = 400;
    private static final String AUTHORITY = "ca.pem";

    private final SimulatorServer server;
    private final WorldControl control;
    private final Path authority;

    private RailwaySimulator(SimulatorServer server, WorldControl control, Path authority) {
        this.server = server;
        this.control = control;
        this.authority = authority;
    }

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws Exception {
        SimulatorSettings settings;
        try {
            settings = SimulatorSettings.read(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("railway-simulator: " + e.getMessage());
            System.exit(64);
            return;
        }
        // Otherwise Netty reads all network interfaces to name a channel.
        System.setProperty("io.netty.machineId", "00:00:00:00:00:01");
        announce(start(settings, Clock.systemUTC()), System.out);
        Thread.currentThread().join();
    }

    private static void announce(RailwaySimulator simulator, PrintStream out) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("port", simulator.port());
        line.put("ca", simulator.authority().toString());
        line.put("pid", ProcessHandle.current().pid());
        out.println(new ObjectMapper().writeValueAsString(line));
        out.flush();
    }

    /**
     * Starts one in this process.
     *
     * @throws IOException if its directory cannot be written, holds volumes already, or its world cannot be read
     */
    public static RailwaySimulator start(SimulatorSettings settings, Clock clock) throws IOException {
        Path state = settings.state();
        Files.createDirectories(state);
        Files.createDirectory(state.resolve("volumes"));
        ObjectMapper json = new ObjectMapper();
        World world = new World(new VolumeDirectories(state), clock);
        AcceptedTokens tokens = new AcceptedTokens();
        ProviderCounters counters = new ProviderCounters(state, json);
        InjectedFaults faults = new InjectedFaults();
        settings.faults().forEach(faults::arm);

        // The three slow parts of a start are independent.
        Executor threads = task -> Thread.ofPlatform().daemon().start(task);
        CompletableFuture<GraphqlApi> api =
                CompletableFuture.supplyAsync(() -> api(world, tokens, counters, settings), threads);
        CompletableFuture<Void> ready = new CompletableFuture<>();
        CompletableFuture<SimulatorServer> server = CompletableFuture.supplyAsync(
                () -> server(settings, clock, counters, () -> {
                    ready.join();
                    return new GraphqlEndpoint(api.join(), tokens, counters, faults, json);
                }),
                threads);
        try {
            layOut(settings, json, new WorldFile(world, tokens, clock));
            counters.write();
        } catch (IOException | RuntimeException e) {
            var _ = server.thenAccept(SimulatorServer::close);
            throw e;
        }
        ready.complete(null);
        return new RailwaySimulator(
                server.join(),
                new WorldControl(state.resolve("control.sock"), world, faults, json),
                state.resolve(AUTHORITY));
    }

    private static SimulatorServer server(
            SimulatorSettings settings, Clock clock, ProviderCounters counters, Supplier<GraphqlEndpoint> endpoints) {
        SimulatorCertificates certificates = certificates(settings, clock);
        try {
            Files.writeString(settings.state().resolve(AUTHORITY), certificates.authority());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SimulatorServer(settings.port(), certificates, counters, endpoints);
    }

    private static GraphqlApi api(
            World world, AcceptedTokens tokens, ProviderCounters counters, SimulatorSettings settings) {
        try {
            return new GraphqlApi(world, tokens, counters, new ConnectionPage(settings.page()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SimulatorCertificates certificates(SimulatorSettings settings, Clock clock) {
        List<String> names = new ArrayList<>(NAMES);
        names.addAll(settings.names());
        try {
            return SimulatorCertificates.issue(names, clock.instant(), new SecureRandom());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK makes P-256 keys", e);
        }
    }

    private static void layOut(SimulatorSettings settings, ObjectMapper json, WorldFile world) throws IOException {
        JsonNode description = description(settings, json);
        Path bookings = settings.state().resolve("bookings.db.new");
        try {
            BookingDatabase.write(bookings, description.path("bookings").asInt(DEFAULT_BOOKINGS));
        } catch (SQLException e) {
            throw new IOException("the bookings could not be written", e);
        }
        world.layOut(description, bookings);
        Files.delete(bookings);
    }

    private static JsonNode description(SimulatorSettings settings, ObjectMapper json) throws IOException {
        if (settings.world().isPresent()) {
            return json.readTree(settings.world().get().toFile());
        }
        try (InputStream in = RailwaySimulator.class.getResourceAsStream("pocketos.json")) {
            return json.readTree(Objects.requireNonNull(in, "pocketos.json"));
        }
    }

    /** The port it listens on, on 127.0.0.1. */
    public int port() {
        return server.port();
    }

    /** The file of its certificate authority in PEM. */
    public Path authority() {
        return authority;
    }

    @Override
    public void close() throws IOException {
        control.close();
        server.close();
    }
}
