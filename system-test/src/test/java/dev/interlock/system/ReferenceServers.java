package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.PlainText;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Common servers that log what they parsed: nginx, Node, and Node with its lenient parser. Only their logs count; no
 * code of ours reads the bytes that reach them.
 */
final class ReferenceServers implements AutoCloseable {

    static final List<String> ALL = List.of("node", "lenient", "nginx");

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Headers of the connection, or of the gateway itself; they are no part of the decided call. */
    private static final Set<String> NOT_OF_THE_CALL =
            Set.of("host", "user-agent", "accept-encoding", "content-length", "authorization", "connection");

    private static final String THINGS = "      \"things:item/i-*\": {environments: [staging]}\n"
            + "      \"things:account/self\": {environments: [staging]}";
    private static final String TICKETS = "      \"tickets:ticket/t-*\": {environments: [staging]}";

    /** Longer bodies are passed on unread, and an intent contains only their length. */
    private static final long KEPT = 1024 * 1024;

    private final Path home;
    private final List<Process> processes = new ArrayList<>();
    private final Map<String, Integer> ports = new TreeMap<>();
    private final Map<String, List<ParsedRequest>> seen = new TreeMap<>();
    private final LogLines nodeLines;
    private final LogLines nginxLines;

    /**
     * One request as a server parsed it, or bytes that it could not parse as one.
     *
     * @param headers names in lower case; for nginx, those that it was configured to log
     * @param length the length of the received body
     * @param sha256 the digest of the received body
     * @param fault the reason why it is no complete request; else empty
     */
    record ParsedRequest(
            String server,
            String method,
            String path,
            List<Parameter> query,
            List<Header> headers,
            long length,
            String sha256,
            String fault) {

        String header(String name) {
            return headers.stream()
                    .filter(header -> header.name().equals(name))
                    .map(Header::value)
                    .reduce("", String::concat);
        }

        boolean isStreamed() {
            return announced() > KEPT;
        }

        private long announced() {
            return header("content-length").isEmpty() ? 0 : Long.parseLong(header("content-length"));
        }

        /**
         * Returns whether {@code digest} is what the intent of this request must contain. It is computed only from what
         * the server logged. Of a long body that was streamed the intent has the length alone; one that came in chunks
         * was kept first, and is digested like a short one.
         *
         * @param digests those of the gateway
         */
        boolean hasDigest(String digest, SaltedDigests digests) {
            Json.Members kept = Json.object()
                    .with("body_digest", digests.of(HexFormat.of().parseHex(sha256)))
                    .with("body_length", length);
            return digest.equals(digest(kept, digests))
                    || (isStreamed() && digest.equals(digest(Json.object().with("body_length", announced()), digests)));
        }

        private String digest(Json.Members body, SaltedDigests digests) {
            Json.Members call = Json.object()
                    .with("method", method)
                    .with("authority", header("host"))
                    .with("path", path)
                    .with(
                            "query",
                            new Json.Array(query.stream()
                                    .<Json>map(p -> pair(
                                            p.name(),
                                            PlainText.isLiteral(p.value())
                                                    ? p.value()
                                                    : digests.salted(p.value()).digest()))
                                    .toList()))
                    .with(
                            "headers",
                            pairs(headers.stream()
                                    .filter(header -> !NOT_OF_THE_CALL.contains(header.name())
                                            && !(header.name().equals("accept")
                                                    && header.value().equals("*/*")))
                                    .toList()));
            for (Map.Entry<String, Json> member : body.members().entrySet()) {
                call = call.with(member.getKey(), member.getValue());
            }
            return Bytes.of(call.canonical()).sha256();
        }

        private static Json.Array pairs(List<Header> headers) {
            return new Json.Array(headers.stream()
                    .sorted(Comparator.comparing(Header::name))
                    .<Json>map(header -> pair(header.name(), header.value()))
                    .toList());
        }

        private static Json.Array pair(String name, String value) {
            return new Json.Array(List.of(new Json.Text(name), new Json.Text(value)));
        }
    }

    /** Starts them all, and waits until they listen. */
    ReferenceServers(Path home) throws Exception {
        this.home = home;
        Path script = home.resolve("witness.js");
        try (InputStream in = ReferenceServers.class.getResourceAsStream("witness/witness.js")) {
            Files.copy(in, script);
        }
        Files.createFile(nodeLog());
        Files.createFile(nginxLog());
        nodeLines = new LogLines(nodeLog());
        nginxLines = new LogLines(nginxLog());
        start(List.of("node", script.toString(), nodeLog().toString()), "node.err");
        ports.put("nginx", Programs.freePort());
        Path configuration = Files.writeString(home.resolve("nginx.conf"), nginx(ports.get("nginx")));
        start(List.of("nginx", "-p", home.toString(), "-c", configuration.toString()), "nginx.err");
        Programs.await("all three listen", this::listen);
    }

    static boolean installed() {
        return Programs.has("node") && (Programs.has("nginx") || Files.isExecutable(Path.of("/usr/sbin/nginx")));
    }

    private void start(List<String> command, String errors) throws IOException {
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve(errors).toFile())
                .start());
    }

    private boolean listen() throws IOException {
        for (JsonNode line : new LogLines(nodeLog()).next()) {
            if (line.has("port")) {
                ports.put(line.path("server").asText(), line.path("port").asInt());
            }
        }
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), ports.get("nginx"))) {
            return ports.size() == ALL.size();
        } catch (IOException e) {
            if (!processes.stream().allMatch(Process::isAlive)) {
                throw new AssertionError(
                        Files.readString(home.resolve("node.err")) + Files.readString(home.resolve("nginx.err")));
            }
            return false;
        }
    }

    /** Configures nginx to proxy to itself, because only then it reads a body and writes it to a file. */
    private String nginx(int port) {
        return """
                daemon off;
                worker_processes 1;
                user root;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx-error.log warn;
                events {}
                http {
                  log_format seen escape=json '{"method":"$request_method","uri":"$uri","args":"$args",'
                    '"host":"$http_host","user-agent":"$http_user_agent","accept":"$http_accept",'
                    '"content-type":"$http_content_type","content-length":"$http_content_length",'
                    '"transfer-encoding":"$http_transfer_encoding","authorization":"$http_authorization",'
                    '"line":"$request","body":"$request_body_file","completion":"$request_completion",'
                    '"status":"$status"}';
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u;
                  scgi_temp_path %1$s/s;
                  client_max_body_size 0;
                  keepalive_requests 100000;
                  default_type application/json;
                  server {
                    listen 127.0.0.1:%2$d;
                    access_log %3$s seen;
                    client_body_in_file_only on;
                    location / { proxy_pass http://unix:%1$s/in.sock; }
                  }
                  server {
                    listen unix:%1$s/in.sock;
                    access_log off;
                    location / { return 200 '{"ok":true}'; }
                  }
                }
                """.formatted(home, port, nginxLog());
    }

    private Path nodeLog() {
        return home.resolve("node.log");
    }

    private Path nginxLog() {
        return home.resolve("nginx.log");
    }

    /** Makes a gateway before all of them: each answers REST, and GraphQL under another name. */
    static ServiceGatewayInstallation house(Path root, ReferenceServers witnesses, String configuration)
            throws Exception {
        StringBuilder upstreams = new StringBuilder();
        Map<String, String> secrets = new TreeMap<>();
        for (String server : ALL) {
            String address = witnesses.address(server);
            secrets.put("real-" + server, "the-real-one");
            secrets.put("real-" + server + "q", "the-real-one");
            upstreams.append(upstream(server, "things", THINGS, address));
            upstreams.append(upstream(server + "q", "tickets", TICKETS, address));
        }
        Map<String, String> policy = new TreeMap<>(ServiceGatewayInstallation.staging(upstreams.toString()));
        policy.put("catalogs/things.yaml", resource("things.yaml"));
        policy.put("catalogs/tickets.yaml", resource("tickets.yaml"));
        ServiceGatewayInstallation house = new ServiceGatewayInstallation(root, policy, secrets, configuration);
        house.seal().expect(0);
        house.up();
        return house;
    }

    private static String upstream(String name, String catalog, String resource, String address) {
        return """
                  %s:
                    catalog: %s
                    address: "%s"
                    credentials:
                      %s: {environments: [staging], impacts: [read, write]}
                    resources:
                %s
                """.formatted(name, catalog, address, "real-" + name, resource);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = ReferenceServers.class.getResourceAsStream("witness/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    String address(String server) {
        return "http://127.0.0.1:" + ports.get(server);
    }

    int port(String server) {
        return ports.get(server);
    }

    /** Returns all requests that {@code server} has seen so far. */
    List<ParsedRequest> seen(String server) throws IOException {
        for (JsonNode line : nodeLines.next()) {
            if (!line.has("begun") && !line.has("port") && !isEndOfAConnection(line)) {
                seen.computeIfAbsent(line.path("server").asText(), _ -> new ArrayList<>())
                        .add(ofNode(line));
            }
        }
        for (JsonNode line : nginxLines.next()) {
            seen.computeIfAbsent("nginx", _ -> new ArrayList<>()).add(ofNginx(line));
        }
        return List.copyOf(seen.getOrDefault(server, List.of()));
    }

    /**
     * Returns whether {@code line} reports the end of a connection; a request that broke off with it has its own line.
     */
    private static boolean isEndOfAConnection(JsonNode line) {
        return line.path("error").asText().matches("HPE_INVALID_EOF_STATE|ECONNRESET")
                && line.path("said").asText().isEmpty();
    }

    /** Continues to read where it stopped; whole lines only, because the last one may be incomplete. */
    private static final class LogLines {
        private final Path log;
        private long read;

        LogLines(Path log) {
            this.log = log;
        }

        List<JsonNode> next() throws IOException {
            List<JsonNode> lines = new ArrayList<>();
            try (InputStream in = Files.newInputStream(log)) {
                in.skipNBytes(read);
                String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
                String whole = text.substring(0, text.lastIndexOf('\n') + 1);
                read += whole.length();
                for (String line : whole.split("\n")) {
                    if (!line.isEmpty()) {
                        // nginx writes the bytes that it received, even if they are no UTF-8.
                        lines.add(JSON.readTree(
                                new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)));
                    }
                }
            }
            return lines;
        }
    }

    private static ParsedRequest ofNode(JsonNode line) {
        List<Header> headers = new ArrayList<>();
        JsonNode raw = line.path("headers");
        for (int i = 0; i + 1 < raw.size(); i += 2) {
            headers.add(new Header(
                    raw.get(i).asText().toLowerCase(Locale.ROOT), raw.get(i + 1).asText()));
        }
        List<Parameter> query = new ArrayList<>();
        line.path("query")
                .forEach(
                        p -> query.add(new Parameter(p.get(0).asText(), p.get(1).asText())));
        boolean whole = line.path("complete").asBoolean();
        return new ParsedRequest(
                line.path("server").asText(),
                line.path("method").asText(),
                line.path("path").asText(),
                query,
                headers,
                line.path("length").asLong(),
                line.path("sha256").asText(),
                whole ? "" : line.has("error") ? "no request: " + line : "broken off");
    }

    private static ParsedRequest ofNginx(JsonNode line) throws IOException {
        List<Header> headers = Stream.of(
                        "host",
                        "user-agent",
                        "accept",
                        "content-type",
                        "content-length",
                        "transfer-encoding",
                        "authorization")
                .filter(name -> !line.path(name).asText().isEmpty())
                .map(name -> new Header(name, line.path(name).asText()))
                .toList();
        List<Parameter> query = Stream.of(line.path("args").asText().split("&", -1))
                .filter(piece -> !piece.isEmpty())
                .map(piece -> new Parameter(decoded(piece, 0), decoded(piece, 1)))
                .toList();
        String file = line.path("body").asText();
        Bytes body = file.isEmpty() ? Bytes.empty() : Bytes.of(Files.readAllBytes(Path.of(file)));
        boolean whole = line.path("status").asText().equals("200")
                && line.path("completion").asText().equals("OK");
        return new ParsedRequest(
                "nginx",
                line.path("method").asText(),
                line.path("uri").asText(),
                query,
                headers,
                body.length(),
                body.sha256(),
                whole ? "" : line.path("uri").asText().isEmpty() ? "no request: " + line : "broken off");
    }

    private static String decoded(String piece, int part) {
        return URLDecoder.decode((piece + "=").split("=", 3)[part], StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroy();
            process.onExit().join();
        }
    }
}
