package dev.interlock.system.bench;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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

    /** Answers every request with about 1 KB of JSON; at {@code /events} it is an event, of no announced length. */
    URI upstream() throws IOException {
        int port = freePort();
        String text = "x".repeat(960);
        nginx("upstream", """
                server {
                  listen 127.0.0.1:%1$d;
                  default_type application/json;
                  location / { return 200 '{"data":{"environment":{"id":"env-staging","name":"%2$s"}}}'; }
                  location /mcp { return 200 '{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",\
                "content":[{"type":"text","text":"%2$s"}]}}'; }
                  location /events {
                    default_type text/event-stream;
                    ssi on;
                    ssi_types text/event-stream;
                    return 200 'event: message\\ndata: {"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",\
                "content":[{"type":"text","text":"%2$s"}]}}\\n\\n';
                  }
                }
                """.formatted(port, text), port);
        return at(port, "");
    }

    ProxyProgram nginx(URI upstream) throws IOException {
        int port = freePort();
        nginx("proxy", """
                upstream there { server 127.0.0.1:%d; keepalive 256; }
                server {
                  listen 127.0.0.1:%d;
                  location / {
                    proxy_pass http://there;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Authorization "Bearer upstream";
                  }
                }
                """.formatted(upstream.getPort(), port), port);
        return new ProxyProgram("proxy", at(port, ""));
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

    /** Starts the hop without any class of ours, which writes its evidence below {@code directory}. */
    ProxyProgram referenceHop(URI upstream) throws IOException, InterruptedException {
        int port = freePort();
        String log = directory.resolve("hop-log").toString();
        String to = Integer.toString(upstream.getPort());
        start("reference-hop", java(ReferenceHop.class.getName(), Integer.toString(port), to, log), port);
        return new ProxyProgram("reference-hop", at(port, ""));
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

    /** Returns the command line of a program of ours, with the flags with which the launcher starts the gateway. */
    static List<String> java(String main, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Process shell = new ProcessBuilder(
                        "sh",
                        "-c",
                        "lib= && . ./cli/src/main/resources/dev/interlock/cli/launch.sh && echo $daemon $common")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String flags = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (shell.waitFor() != 0) {
            throw new IOException("the launcher does not say its flags");
        }
        command.addAll(List.of(flags.strip().split(" +", -1)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Ends a program as a person would. */
    void stop(ProxyProgram stand) {
        processes.stream()
                .filter(started -> started.name().equals(stand.process()))
                .forEach(started -> end(started.process()));
        processes.removeIf(started -> started.name().equals(stand.process()));
    }

    private static void end(Process process) {
        process.destroy();
        process.onExit().join();
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
