package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.drill.railway.GraphqlEndpoint.ArmedFault;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** The simulated provider, as a program and as an object. */
public final class RailwaySimulator implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The default page size: more than any drill's world holds. The original's own limit is not documented. */
    private static final int DEFAULT_PAGE = 500;

    private final SimulatorServer server;
    private final World world;
    private final AtomicReference<Optional<ArmedFault>> armed;
    private final Path authority;

    private RailwaySimulator(
            SimulatorServer server, World world, AtomicReference<Optional<ArmedFault>> armed, Path authority) {
        this.server = server;
        this.world = world;
        this.armed = armed;
        this.authority = authority;
    }

    /**
     * Runs until it is killed. Arguments: its directory, and the file that describes its world. It prints
     * {@code {"port":…,"ca":"…/ca.pem"}} once every volume is on disk and the port is open. Each line that it reads, as
     * {@code ERROR volumeDelete}, injects a fault once.
     */
    public static void main(String[] arguments) throws Exception {
        // Otherwise Netty reads all network interfaces to name a channel.
        System.setProperty("io.netty.machineId", "00:00:00:00:00:01");
        RailwaySimulator simulator = start(Path.of(arguments[0]), Path.of(arguments[1]));
        System.out.println(JSON.writeValueAsString(
                Map.of("port", simulator.port(), "ca", simulator.authority().toString())));
        System.out.flush();
        Scanner orders = new Scanner(System.in, StandardCharsets.UTF_8);
        while (orders.hasNextLine()) {
            String[] words = orders.nextLine().split(" ", 2);
            simulator.fail(InjectedFault.valueOf(words[0]), words[1], 1);
        }
        Thread.currentThread().join();
    }

    /** Starts one in this process, with the world of the PocketOS incident. */
    public static RailwaySimulator start(Path state) throws IOException {
        return start(state, DEFAULT_PAGE);
    }

    /** Starts the same with at most {@code page} items on a page. */
    public static RailwaySimulator start(Path state, int page) throws IOException {
        try (InputStream in = RailwaySimulator.class.getResourceAsStream("pocketos.json")) {
            return start(state, JSON.readTree(Objects.requireNonNull(in, "pocketos.json")), page);
        }
    }

    /** Starts one with the world that the file {@code description} describes. */
    public static RailwaySimulator start(Path state, Path description) throws IOException {
        return start(state, JSON.readTree(description.toFile()), DEFAULT_PAGE);
    }

    /** @throws IOException if {@code state} cannot be written, or holds volumes already */
    private static RailwaySimulator start(Path state, JsonNode description, int page) throws IOException {
        Files.createDirectories(state);
        Files.createDirectory(state.resolve("volumes"));
        World world = new World(new VolumeDirectories(state), page);
        ProviderCounters counters = new ProviderCounters(state);
        AtomicReference<Optional<ArmedFault>> armed = new AtomicReference<>(Optional.empty());
        // The three slow parts of a start are independent.
        CompletableFuture<GraphqlApi> api = CompletableFuture.supplyAsync(() -> new GraphqlApi(world, counters));
        CompletableFuture<SimulatorCertificate> issued = CompletableFuture.supplyAsync(SimulatorCertificate::issue);
        Path bookings = state.resolve("bookings.db.new");
        try {
            BookingDatabase.write(bookings, description.path("bookings").asInt());
            world.layOut(description, bookings, JSON);
            Files.delete(bookings);
            counters.write();
            GraphqlApi served = api.join();
            return new RailwaySimulator(
                    new SimulatorServer(
                            issued.join().context(),
                            counters,
                            () -> new GraphqlEndpoint(world, served, counters, armed)),
                    world,
                    armed,
                    Files.writeString(state.resolve("ca.pem"), issued.join().pem()));
        } catch (SQLException | GeneralSecurityException e) {
            throw new IOException("the simulated provider cannot be set up", e);
        }
    }

    /** Has the mount {@code instance} belong to {@code environment}. */
    public void move(String instance, String environment) {
        world.lock.lock();
        try {
            world.find("VolumeInstance", instance).with("environmentId", environment);
        } finally {
            world.lock.unlock();
        }
    }

    public void mount(String instance, String volume, String environment) {
        world.lock.lock();
        try {
            world.put("VolumeInstance", instance).with("volumeId", volume).with("environmentId", environment);
        } finally {
            world.lock.unlock();
        }
    }

    /** Ends the mount {@code instance}; the data stays. */
    public void unmount(String instance) {
        world.lock.lock();
        try {
            world.remove("VolumeInstance", world.find("VolumeInstance", instance));
        } finally {
            world.lock.unlock();
        }
    }

    /** Injects {@code fault} into the next {@code times} requests with {@code about} in them, until {@link #heal}. */
    public void fail(InjectedFault fault, String about, int times) {
        armed.set(Optional.of(new ArmedFault(fault, about, times)));
    }

    public void heal() {
        armed.set(Optional.empty());
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
    public void close() {
        server.close();
    }

    /** HTTPS on the loopback address, at any port. */
    static final class SimulatorServer implements AutoCloseable {

        /** Larger than any request a drill sends. */
        private static final int MAX_BODY = 4 << 20;

        /** Accepts everything that a careless server accepts: a length beside chunks, two lengths, bare line feeds. */
        private static final HttpDecoderConfig LENIENT = new HttpDecoderConfig()
                .setUseRfc9112TransferEncoding(false)
                .setAllowDuplicateContentLengths(true)
                .setStrictLineParsing(false)
                .setValidateHeaders(false);

        private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
        private final Channel listener;

        SimulatorServer(SSLContext tls, ProviderCounters counters, Supplier<GraphqlEndpoint> endpoints) {
            ChannelInitializer<SocketChannel> connections = new ChannelInitializer<>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    counters.connected(); // before the first byte: "nothing arrived" must include this
                    SSLEngine engine = tls.createSSLEngine();
                    engine.setUseClientMode(false);
                    channel.pipeline()
                            .addLast(new SslHandler(engine))
                            .addLast(new HttpServerCodec(LENIENT))
                            .addLast(new HttpContentDecompressor(MAX_BODY))
                            .addLast(new HttpObjectAggregator(MAX_BODY))
                            .addLast(endpoints.get());
                }
            };
            this.listener = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(connections)
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .channel();
        }

        int port() {
            return ((InetSocketAddress) listener.localAddress()).getPort();
        }

        @Override
        public void close() {
            listener.close().syncUninterruptibly();
            var _ = group.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
        }
    }
}
