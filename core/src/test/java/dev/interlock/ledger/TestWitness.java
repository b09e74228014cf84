package dev.interlock.ledger;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.evidence.WitnessKey;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A real witness of one log, as the auditor's jar has it, which answers while it is started. */
public final class TestWitness implements AutoCloseable {

    private final String name;
    private final WitnessKey key;
    private final List<String> files;
    private @Nullable Thread thread;
    private @Nullable URI url;

    public TestWitness(Path directory, String name, VerifierKey log) throws IOException {
        this.name = name;
        this.files = List.of(
                directory.resolve(name).toString(),
                "--key",
                directory.resolve(name + ".key").toString(),
                "--vkey",
                log.toString());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Main(new PrintStream(out, true, StandardCharsets.UTF_8), System.err)
                .run(command("init", "--name", "witness.example/" + name));
        this.key = WitnessKey.parse(out.toString(StandardCharsets.UTF_8).strip());
    }

    private List<String> command(String verb, String... more) {
        List<String> all = new ArrayList<>(List.of("witness", verb));
        all.addAll(files);
        all.addAll(List.of(more));
        return all;
    }

    String name() {
        return name;
    }

    public String vkey() {
        return key.toString();
    }

    /** Starts to answer, at the address where it did before. */
    public TestWitness start() throws IOException {
        PipedInputStream said = new PipedInputStream();
        PrintStream out = new PrintStream(new PipedOutputStream(said), true, StandardCharsets.UTF_8);
        String port = url == null ? "0" : String.valueOf(url.getPort());
        List<String> serve = command("serve", "--listen", "127.0.0.1:" + port);
        thread = Thread.ofVirtual().start(() -> new Main(out, System.out).run(serve));
        String line = new BufferedReader(new InputStreamReader(said, StandardCharsets.UTF_8)).readLine();
        url = URI.create(line.substring(line.indexOf("http")) + "add-checkpoint");
        return this;
    }

    public LedgerConfig.WitnessEndpoint endpoint() {
        if (url == null) {
            throw new IllegalStateException("it was never started");
        }
        return new LedgerConfig.WitnessEndpoint(name, key, url);
    }

    @Override
    public void close() throws InterruptedException {
        Thread ending = thread;
        if (ending != null) {
            ending.interrupt();
            ending.join();
        }
    }

    /** Returns a handler that asks this witness, and does {@code change} to each of its answers. */
    public HttpHandler changing(UnaryOperator<String> change) {
        return exchange -> {
            try (exchange;
                    HttpClient client = HttpClient.newHttpClient()) {
                HttpRequest asked = HttpRequest.newBuilder(endpoint().url())
                        .POST(HttpRequest.BodyPublishers.ofByteArray(
                                exchange.getRequestBody().readAllBytes()))
                        .build();
                HttpResponse<String> told = client.send(asked, HttpResponse.BodyHandlers.ofString());
                byte[] bytes = change.apply(told.body()).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(told.statusCode(), bytes.length);
                exchange.getResponseBody().write(bytes);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        };
    }

    public static HttpServer serve(HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", handler);
        server.start();
        return server;
    }
}
