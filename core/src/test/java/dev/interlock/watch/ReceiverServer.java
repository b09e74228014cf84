package dev.interlock.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/** A real receiver over HTTP with a chosen behaviour. */
final class ReceiverServer implements AutoCloseable {

    record ReceivedMessage(String path, Map<String, List<String>> headers, Bytes body) {
        String header(String name) {
            return headers.get(name).getFirst();
        }

        Json.Members json() {
            return Json.readObject(body.toArray());
        }
    }

    enum ReceiverReaction {
        TAKE,
        REFUSE,
        /** Never answers. */
        HANG,
        /** Answers, and never ends. */
        DRIP
    }

    final BlockingQueue<ReceivedMessage> received = new LinkedBlockingQueue<>();
    volatile ReceiverReaction manner = ReceiverReaction.TAKE;
    private final HttpServer server;
    private final CountDownLatch closed = new CountDownLatch(1);

    ReceiverServer() throws IOException {
        this(0);
    }

    ReceiverServer(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::receive);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port() + "/hook");
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void receive(HttpExchange exchange) throws IOException {
        ReceiverReaction now = manner;
        byte[] body = exchange.getRequestBody().readAllBytes();
        received.add(new ReceivedMessage(
                exchange.getRequestURI().getPath(), Map.copyOf(exchange.getRequestHeaders()), Bytes.of(body)));
        switch (now) {
            case TAKE -> exchange.sendResponseHeaders(204, -1);
            case REFUSE -> exchange.sendResponseHeaders(500, -1);
            case DRIP -> {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write('.');
                exchange.getResponseBody().flush();
                await();
            }
            case HANG -> await();
        }
        exchange.close();
    }

    private void await() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }
}
