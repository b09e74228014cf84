package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An organisation's simple service: it stores a value at a path, returns it, and deletes it. */
final class SmallService implements AutoCloseable {

    private final HttpServer server;
    private final Map<String, String> kept = new ConcurrentHashMap<>();
    private final List<ServiceRequest> arrived = new CopyOnWriteArrayList<>();

    /** One request, as it came in. */
    record ServiceRequest(String method, String target, String authorization) {}

    SmallService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String authorization = Optional.ofNullable(exchange.getRequestHeaders().getFirst("authorization"))
                .orElse("");
        arrived.add(new ServiceRequest(method, exchange.getRequestURI().toString(), authorization));
        Optional<String> answer = switch (method) {
            case "PUT" -> {
                kept.put(path, body);
                yield Optional.of(body);
            }
            case "DELETE" -> Optional.ofNullable(kept.remove(path));
            default -> Optional.ofNullable(kept.get(path));
        };
        byte[] bytes = answer.orElse("{}").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        exchange.sendResponseHeaders(answer.isPresent() ? 200 : 404, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    void keep(String path, String body) {
        kept.put(path, body);
    }

    void forget(String path) {
        kept.remove(path);
    }

    Optional<String> at(String path) {
        return Optional.ofNullable(kept.get(path));
    }

    /** Returns the requests since the last call. */
    List<ServiceRequest> take() {
        List<ServiceRequest> taken = List.copyOf(arrived);
        arrived.clear();
        return taken;
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
