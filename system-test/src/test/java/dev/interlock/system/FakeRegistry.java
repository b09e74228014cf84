package dev.interlock.system;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A registry of packages that answers as {@code registry.npmjs.org}, and remembers what it was asked. */
final class FakeRegistry implements AutoCloseable {

    static final String HOST = "registry.npmjs.org";

    final List<String> requests = new CopyOnWriteArrayList<>();
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final HttpsServer server;
    private final Street street;
    private final Path certificate;

    FakeRegistry(Path directory) throws Exception {
        certificate = directory.resolve("registry.pem");
        Path key = directory.resolve("registry.key");
        Path store = directory.resolve("registry.p12");
        Programs.run(
                        List.of(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=registry",
                                "-addext",
                                "subjectAltName=DNS:" + HOST,
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString()),
                        "")
                .expect(0);
        Programs.run(
                        List.of(
                                "openssl",
                                "pkcs12",
                                "-export",
                                "-inkey",
                                key.toString(),
                                "-in",
                                certificate.toString(),
                                "-out",
                                store.toString(),
                                "-passout",
                                "pass:changeit"),
                        "")
                .expect(0);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(keys, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().keySet());
            byte[] file = files.get(exchange.getRequestURI().getPath());
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            exchange.getRequestURI().getPath().endsWith(".tgz")
                                    ? "application/octet-stream"
                                    : "application/json");
            exchange.sendResponseHeaders(file == null ? 404 : 200, file == null ? -1 : file.length);
            if (file != null) {
                exchange.getResponseBody().write(file);
            }
            exchange.close();
        });
        server.start();
        street = new Street(server.getAddress().getPort());
    }

    /** Publishes {@code name} in version 1.0.0, as {@code npm pack} made {@code tarball}. */
    void publish(String name, byte[] tarball) {
        String file = "/" + name + "/-/" + name.substring(name.indexOf('/') + 1) + "-1.0.0.tgz";
        files.put(file, tarball);
        files.put("/" + name, """
                {"name":"%s","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"%s","version":"1.0.0",
                 "dist":{"tarball":"https://%s%s"}}}}
                """.formatted(name, name, HOST, file).getBytes(StandardCharsets.UTF_8));
    }

    String hostLine() {
        return street.host() + " " + HOST + "\n";
    }

    String authority() throws Exception {
        return Files.readString(certificate);
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        street.close();
    }
}
