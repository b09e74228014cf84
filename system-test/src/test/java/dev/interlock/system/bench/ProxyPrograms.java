package dev.interlock.system.bench;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The upstream, and the programs in front of it, each a process of its own.
 *
 * <p>Threading: several may be started at once.
 */
final class ProxyPrograms implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(30);

    /** The flags with which the launcher starts {@code up}. */
    static final List<String> GATEWAY_FLAGS = List.of(
            "-Xmx256m",
            "-Xms40m",
            "-Xmn24m",
            "-XX:+UseSerialGC",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            "-XX:TrimNativeHeapInterval=5000",
            "-Djdk.nio.maxCachedBufferSize=262144",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED");

    private final Path directory;
    private final Deque<StartedProgram> processes = new ConcurrentLinkedDeque<>();

    private record StartedProgram(String name, Process process) {}

    /**
     * A program between an agent and the upstream.
     *
     * @param process its name here
     * @param address the address where it accepts calls
     */
    record ProxyProgram(String process, URI address) {}

    ProxyPrograms(Path directory) {
        this.directory = directory;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static URI at(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Answers every request with about 1 KB of JSON. */
    URI upstream() throws IOException {
        int port = freePort();
        String json = "{\"data\":{\"environment\":{\"id\":\"env-staging\",\"name\":\"" + "x".repeat(960) + "\"}}}";
        nginx("upstream", """
                server {
                  listen 127.0.0.1:%d;
                  location / { default_type application/json; return 200 '%s'; }
                }
                """.formatted(port, json), port);
        return at(port, "");
    }

    ProxyProgram nginx(URI upstream) throws IOException {
        return nginx("proxy", upstream, "");
    }

    /** Starts the same as {@link #nginx}, for clients that speak HTTP/2 from the first byte on. */
    ProxyProgram nginxOverH2(URI upstream) throws IOException {
        return nginx("proxy-h2", upstream, "http2");
    }

    private ProxyProgram nginx(String name, URI upstream, String spoken) throws IOException {
        int port = freePort();
        nginx(name, """
                upstream there { server 127.0.0.1:%d; keepalive 256; }
                server {
                  listen 127.0.0.1:%d %s;
                  location / {
                    proxy_pass http://there;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Authorization "Bearer upstream";
                  }
                }
                """.formatted(upstream.getPort(), port, spoken), port);
        return new ProxyProgram(name, at(port, "/graphql/v2"));
    }

    /** Starts the same as {@link #upstream}, over TLS. */
    int tlsUpstream(Path certificate, Path key) throws IOException {
        int port = freePort();
        String json = "{\"data\":{\"environment\":{\"id\":\"env-staging\",\"name\":\"" + "x".repeat(960) + "\"}}}";
        nginx("tls", """
                server {
                  listen 127.0.0.1:%d ssl;
                  ssl_certificate %s;
                  ssl_certificate_key %s;
                  location / { default_type application/json; return 200 '%s'; }
                }
                """.formatted(port, certificate, key, json), port);
        return port;
    }

    private void nginx(String name, String servers, int port) throws IOException {
        Path home = Files.createDirectories(directory.resolve("nginx-" + name));
        Path configuration = Files.writeString(home.resolve("nginx.conf"), """
                daemon off;
                worker_processes 1;
                pid %1$s/pid;
                error_log %1$s/error.log crit;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  keepalive_requests 100000000;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u;
                  scgi_temp_path %1$s/s;
                  %2$s
                }
                """.formatted(home, servers));
        start(name, List.of("nginx", "-p", home.toString(), "-c", configuration.toString()), port);
    }

    ProxyProgram mitmproxy(URI upstream) throws IOException {
        int port = freePort();
        start(
                "mitmproxy",
                List.of(
                        "mitmdump",
                        "-q",
                        "--mode",
                        "reverse:" + upstream,
                        "--listen-host",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(port),
                        "--set",
                        "confdir=" + directory.resolve("mitmproxy")),
                port);
        return new ProxyProgram("mitmproxy", at(port, "/graphql/v2"));
    }

    private int forward;

    int mitmproxyPort() {
        return forward;
    }

    /** Starts it as a proxy for tunnels; {@code host} leads to this machine. Returns the authority to trust. */
    Path mitmproxy(String host, int port) throws IOException {
        forward = freePort();
        Path home = Files.createDirectories(directory.resolve("mitmproxy-forward"));
        Path addon = Files.writeString(home.resolve("here.py"), """
                def server_connect(data):
                    if data.server.address[0] == "%s":
                        data.server.address = ("127.0.0.1", %d)
                """.formatted(host, port));
        start(
                "mitmproxy-forward",
                List.of(
                        "mitmdump",
                        "-q",
                        "--mode",
                        "regular",
                        "--listen-host",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(forward),
                        "-s",
                        addon.toString(),
                        "--set",
                        "connection_strategy=lazy",
                        "--set",
                        "ssl_insecure=true",
                        "--set",
                        "confdir=" + home),
                forward);
        return home.resolve("mitmproxy-ca-cert.pem");
    }

    ProxyProgram bareHop(URI upstream) throws IOException {
        int port = freePort();
        start(
                "bare-hop",
                java(GATEWAY_FLAGS, BareProxyHandler.class.getName(), Integer.toString(port), upstream.toString()),
                port);
        return new ProxyProgram("bare-hop", at(port, "/railway/graphql/v2"));
    }

    /** Starts the hop without any class of ours. */
    ProxyProgram referenceHop(URI upstream) throws IOException {
        int port = freePort();
        List<String> flags = new ArrayList<>(GATEWAY_FLAGS);
        flags.add("--sun-misc-unsafe-memory-access=allow");
        start(
                "reference-hop",
                java(flags, ReferenceHop.class.getName(), Integer.toString(port), Integer.toString(upstream.getPort())),
                port);
        return new ProxyProgram("reference-hop", at(port, "/graphql/v2"));
    }

    Process start(String name, List<String> command, int port) throws IOException {
        File log = directory.resolve(name + ".log").toFile();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        processes.push(new StartedProgram(name, process));
        await(process, port, log);
        return process;
    }

    private static void await(Process process, int port, File log) throws IOException {
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    throw new IOException("did not start:\n" + Files.readString(log.toPath()), e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    /** Returns the use of a started program, with all processes that it has now. */
    ProgramUse use(ProxyProgram stand) {
        return ProgramUse.of(processes.stream()
                .filter(started -> started.name().equals(stand.process()))
                .map(StartedProgram::process)
                .findFirst()
                .orElseThrow());
    }

    static List<String> java(List<String> flags, String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        return command;
    }

    @Override
    public void close() {
        // Ends all at once, because each takes its time.
        for (StartedProgram started : processes) {
            started.process().descendants().forEach(ProcessHandle::destroy);
            started.process().destroy();
        }
        while (!processes.isEmpty()) {
            processes.pop().process().onExit().join();
        }
    }
}
