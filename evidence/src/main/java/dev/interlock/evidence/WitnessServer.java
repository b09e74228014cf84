package dev.interlock.evidence;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves a witness over HTTP (C2SP tlog-witness). All that it takes and gives is signed, so it needs no TLS. */
final class WitnessServer implements AutoCloseable {

    private static final int THREADS = 32;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Witness witness;
    private final PrintStream log;

    WitnessServer(InetSocketAddress at, Witness witness, PrintStream log) throws IOException {
        // The JDK reads these in seconds, once. Without them a client that sends nothing would hold a thread.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        System.setProperty("jdk.httpserver.maxConnections", "256");
        this.witness = witness;
        this.log = log;
        server = HttpServer.create(at, 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                answer(exchange);
            } catch (IOException | RuntimeException e) {
                log.println("refused, because the witness failed: " + e);
                send(exchange, 500, "text/plain", "the witness failed\n".getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        String method = exchange.getRequestMethod();
        if (method.equals("POST") && path.equals("/add-checkpoint")) {
            Witness.Answer answer = witness.add(exchange.getRequestBody().readNBytes(WitnessRequest.MAX_BYTES + 1));
            answer.warning().ifPresent(log::println);
            send(exchange, answer.status(), answer.type(), answer.body().getBytes(StandardCharsets.UTF_8));
            return;
        }
        Optional<byte[]> file = method.equals("GET") ? witness.file(path) : Optional.empty();
        byte[] body = file.orElse("not found\n".getBytes(StandardCharsets.UTF_8));
        send(exchange, file.isPresent() ? 200 : 404, "text/plain; charset=utf-8", body);
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
