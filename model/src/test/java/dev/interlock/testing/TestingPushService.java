package dev.interlock.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A push service on loopback, under the name {@code localhost}, with TLS. It keeps what it gets. */
public final class TestingPushService implements AutoCloseable {

    private static final int SECONDS = 60;

    /** One request. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Pushed(String method, String path, com.sun.net.httpserver.Headers headers, byte[] body) {

        /** Returns the value of the header {@code name}. */
        public String header(String name) {
            return String.valueOf(headers.getFirst(name));
        }
    }

    /** An answer. */
    public record Answer(int status, String header, String value) {

        /** An answer without a header of its own. */
        public Answer(int status) {
            this(status, "x-answer", "none");
        }
    }

    private final HttpsServer server;
    private final BlockingQueue<Pushed> pushed = new LinkedBlockingQueue<>();
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

    /** Starts one. */
    public TestingPushService(TestingCertificate certificate) throws IOException, GeneralSecurityException {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.serving()));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::take);
        server.start();
    }

    /** Returns its name and port, as `gateway.yaml` names it. */
    public String name() {
        return "localhost:" + server.getAddress().getPort();
    }

    /** Returns an address of a browser. */
    public String endpoint(String path) {
        return "https://" + name() + path;
    }

    /** Gives {@code answer} to the next request that has none yet; otherwise they are taken. */
    public void answer(Answer answer) {
        answers.add(answer);
    }

    private void take(HttpExchange exchange) throws IOException {
        pushed.add(new Pushed(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                exchange.getRequestHeaders(),
                exchange.getRequestBody().readAllBytes()));
        Answer next = answers.poll();
        Answer answer = next == null ? new Answer(201) : next;
        exchange.getResponseHeaders().add(answer.header(), answer.value());
        exchange.sendResponseHeaders(answer.status(), -1);
        exchange.close();
    }

    /** Returns the next request, or fails if none comes. */
    public Pushed next() throws InterruptedException {
        Pushed next = pushed.poll(SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was pushed");
        }
        return next;
    }

    /** Returns how many requests nobody has looked at. */
    public int waiting() {
        return pushed.size();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
