package dev.interlock.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Loopback;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** {@code GET /metrics}, on loopback only. It is no front: it needs no lease, and reads no input from clients. */
public final class MetricsEndpoint implements AutoCloseable {

    private static final String PATH = "/metrics";

    static {
        // The JDK's server reads this once, when the first one is created. A client that sends nothing blocks others
        // only briefly.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        System.setProperty("jdk.httpserver.maxConnections", "32");
    }

    private final HttpServer server;
    private final ExecutorService threads;

    private MetricsEndpoint(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /** Serves {@code metrics} at {@code address}. IllegalArgumentException: it is not this machine's loopback. */
    public static MetricsEndpoint open(Metrics metrics, InetSocketAddress address) throws IOException {
        if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException(
                    "`metrics` must listen on a loopback address, because it has neither encryption nor a password; put a TLS proxy in front of it");
        }
        HttpServer server = HttpServer.create(address, 0);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, metrics));
        server.start();
        return new MetricsEndpoint(server, threads);
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    private static void answer(HttpExchange exchange, Metrics metrics) throws IOException {
        try (exchange) {
            if (!isOurs(exchange)) {
                exchange.sendResponseHeaders(421, -1); // RFC 9110 §15.5.20: a page on another host used our address
            } else if (!exchange.getRequestURI().getPath().equals(PATH)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                exchange.sendResponseHeaders(405, -1);
            } else {
                byte[] text = metrics.text();
                exchange.getResponseHeaders().set("Content-Type", metrics.mediaType());
                exchange.getResponseHeaders().set("Cache-Control", "no-store");
                exchange.sendResponseHeaders(200, text.length);
                exchange.getResponseBody().write(text);
            }
        }
    }

    private static boolean isOurs(HttpExchange exchange) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host"))
                .map(host -> host.replaceFirst(":[0-9]{1,5}$", ""))
                .filter(Loopback::isHost)
                .isPresent();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
