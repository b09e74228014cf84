package dev.interlock.system;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The part of Supabase's management API that runs SQL, with a real database. {@code database/query} runs it as the
 * database's owner. {@code database/query/read-only} runs it as a role that reads everything and whose sessions begin
 * read-only. Everything else is answered with an empty object.
 */
final class SqlProvider implements AutoCloseable {

    /** A role that is made like {@code supabase_read_only_user}. */
    static final String READER = "reader";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AtomicInteger ran = new AtomicInteger();
    private final HttpsServer server;
    private final TestingCertificate own;
    private final ShopDatabase database;

    SqlProvider(Path directory, ShopDatabase database) throws Exception {
        this.database = database;
        database.sql("postgres", "CREATE ROLE " + READER + " LOGIN BYPASSRLS");
        database.sql("postgres", "GRANT pg_read_all_data TO " + READER);
        own = TestingCertificate.forName("localhost");
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        Programs.ProgramResult ended =
                path.contains("/database/query") ? run(path, body) : new Programs.ProgramResult(0, "", "");
        byte[] said = (ended.exit() == 0 ? "{}" : "{\"message\":" + JSON.writeValueAsString(ended.err()) + "}")
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        exchange.sendResponseHeaders(ended.exit() == 0 ? 201 : 400, said.length);
        exchange.getResponseBody().write(said);
        exchange.close();
    }

    private Programs.ProgramResult run(String path, byte[] body) throws IOException {
        ran.incrementAndGet();
        String sql = JSON.readTree(body).path("query").asText();
        try {
            return path.endsWith("/read-only")
                    ? database.tried(
                            "postgres",
                            "SET SESSION AUTHORIZATION " + READER,
                            "SET default_transaction_read_only = on",
                            sql)
                    : database.tried("postgres", sql);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("ended while SQL ran", e);
        }
    }

    /** Returns the number of executed statements. */
    int ran() {
        return ran.get();
    }

    String address() {
        return "https://localhost:" + server.getAddress().getPort();
    }

    String authority() {
        return own.pem();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
