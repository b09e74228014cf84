package dev.interlock.system.bench;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import dev.interlock.identity.KillSwitch;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** Measures the time from a person's `kill`, of a lease, an agent and everything, to the end of a streamed answer. */
final class KillBench implements AutoCloseable {

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer endless;

    KillBench() throws IOException {
        this.endless = endless(threads);
    }

    /** Returns an upstream that never ends. */
    URI upstream() {
        return ProxyPrograms.at(endless.getAddress().getPort(), "");
    }

    /** Milliseconds until the answer ended. */
    record KillTimes(double lease, double agent, double all) {}

    /** Measures each in turn. Every earlier lease of the agent has ended. */
    static KillTimes measure(BenchInstallation house) throws IOException, InterruptedException {
        return new KillTimes(
                once(house, issued -> Json.object().with("lease", issued.text("lease"))),
                once(house, _ -> Json.object().with("agent", BenchInstallation.AGENT)),
                once(house, _ -> Json.object().with("all", true)));
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
                exchange.close(); // the gateway has disconnected, which is the measured event
            }
        });
        server.start();
        return server;
    }

    private static double once(BenchInstallation house, Function<Json.Members, Json.Members> target)
            throws IOException, InterruptedException {
        Json.Members lease = house.issue();
        Json.Members killed;
        double took;
        try (Socket socket = new Socket(house.address().getHost(), house.port())) {
            socket.getOutputStream()
                    .write(PacedConnection.request(house.endless(), lease.text("token"), BenchInstallation.READ));
            InputStream in = socket.getInputStream();
            in.readNBytes(500); // the answer is well under way
            FutureTask<Long> cut = new FutureTask<>(() -> {
                in.transferTo(OutputStream.nullOutputStream());
                return System.nanoTime();
            });
            Thread.ofVirtual().start(cut);
            long start = System.nanoTime();
            killed = house.ask("kill", target.apply(lease));
            took = (cut.get() - start) / 1e6;
        } catch (ExecutionException e) {
            throw new IOException("the answer was not cut off", e);
        }
        Optional<String> stands = killed.optionalText("kill");
        if (stands.isPresent()) {
            lift(house, stands.get());
        }
        return took;
    }

    private static void lift(BenchInstallation house, String kill) throws IOException, InterruptedException {
        String statement =
                house.ask("kill.prepare", Json.object().with("kill", kill)).text("statement");
        String signature = house.sign(KillSwitch.NAMESPACE, statement);
        house.ask("kill.lift", Json.object().with("statement", statement).with("signature", signature));
    }
}
