package dev.interlock.system;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Package registries that answer like {@code registry.npmjs.org}, Maven Central and Go's mirror, and record their
 * requests.
 */
final class FakeRegistry implements AutoCloseable {

    static final String HOST = "registry.npmjs.org";

    static final String MAVEN = "repo.maven.apache.org";

    static final String GO = "proxy.golang.org";

    final List<String> requests = new CopyOnWriteArrayList<>();
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final HttpsServer server;
    private final TcpRelay relay;
    private final String authority;

    FakeRegistry(Path directory) throws Exception {
        TestingCertificate own = TestingCertificate.forName(HOST, MAVEN, GO);
        authority = own.pem();
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
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
        relay = new TcpRelay(server.getAddress().getPort());
    }

    /** Publishes {@code name} in version 1.0.0, as {@code npm pack} made {@code tarball}. */
    void publish(String name, byte[] tarball) throws NoSuchAlgorithmException {
        String file = "/" + name + "/-/" + name.substring(name.indexOf('/') + 1) + "-1.0.0.tgz";
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(tarball));
        files.put(file, tarball);
        files.put("/" + name, """
                {"name":"%s","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"%s","version":"1.0.0",
                 "dist":{"tarball":"https://%s%s","shasum":"%s"}}}}
                """.formatted(name, name, HOST, file, digest).getBytes(StandardCharsets.UTF_8));
    }

    /** Publishes a project without files of its own in version 1.0.0. */
    void publishParent(String group, String artifact) {
        files.put(
                "/maven2/%s/%s/1.0.0/%s-1.0.0.pom".formatted(group, artifact, artifact),
                """
                <project><modelVersion>4.0.0</modelVersion><groupId>%s</groupId><artifactId>%s</artifactId>\
                <version>1.0.0</version><packaging>pom</packaging></project>
                """.formatted(group, artifact).getBytes(StandardCharsets.UTF_8));
    }

    /** Publishes a Go module with one function in version 1.0.0. */
    void publishModule(String name) throws IOException {
        byte[] module = ("module " + name + "\n").getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(archive)) {
            zip.putNextEntry(new ZipEntry(name + "@v1.0.0/go.mod"));
            zip.write(module);
            zip.putNextEntry(new ZipEntry(name + "@v1.0.0/thing.go"));
            zip.write("package thing\n".getBytes(StandardCharsets.UTF_8));
        }
        for (String at : List.of("/" + name + "/@v/", "/cached-only/" + name + "/@v/")) {
            files.put(at + "list", "v1.0.0\n".getBytes(StandardCharsets.UTF_8));
            files.put(at + "v1.0.0.info", "{\"Version\":\"v1.0.0\"}".getBytes(StandardCharsets.UTF_8));
            files.put(at + "v1.0.0.mod", module);
            files.put(at + "v1.0.0.zip", archive.toByteArray());
        }
    }

    String hostLine() {
        return relay.host() + " " + HOST + " " + MAVEN + " " + GO + "\n";
    }

    String authority() {
        return authority;
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        relay.close();
    }
}
