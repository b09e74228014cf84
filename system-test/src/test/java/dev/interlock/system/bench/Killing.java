package dev.interlock.system.bench;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** From a person's `kill` to the end of an answer that is being streamed to the agent. */
final class Killing implements AutoCloseable {

    private static final int ROUNDS = 9;

    private final Path directory;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer endless;

    Killing(Path directory) throws IOException {
        this.directory = directory;
        this.endless = endless(threads);
    }

    /** An installation of its own, which has an upstream that never ends. */
    House build() throws IOException, InterruptedException {
        return House.build(directory.resolve("k"), Hops.at(endless.getAddress().getPort(), ""));
    }

    /** The median, in milliseconds. */
    static double median(House house, Hops hops) throws IOException {
        hops.start("kill", house.up(), house.port());
        house.lease(); // waits for the administrative socket
        long[] took = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            took[i] = once(house);
        }
        Arrays.sort(took);
        return took[ROUNDS / 2] / 1e6;
    }

    @Override
    public void close() {
        endless.stop(0);
        threads.shutdownNow();
    }

    private static HttpServer endless(ExecutorService threads) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                while (true) {
                    out.write("data: still there\n\n".getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                }
            } catch (IOException e) {
                exchange.close(); // the gateway has hung up, which is what is measured
            }
        });
        server.start();
        return server;
    }

    private static long once(House house) throws IOException {
        Json.Members lease = house.issue();
        try (Socket socket = new Socket(house.address().getHost(), house.port())) {
            socket.getOutputStream().write(Paced.request(house.address(), lease.text("token"), House.READ));
            InputStream in = socket.getInputStream();
            in.readNBytes(2_000); // the answer is well under way
            long start = System.nanoTime();
            house.ask("kill", Json.object().with("lease", lease.text("lease")));
            in.transferTo(OutputStream.nullOutputStream());
            return System.nanoTime() - start;
        }
    }
}
