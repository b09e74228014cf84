package dev.interlock.confine;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs in the sandbox and tries every way out it knows. If somebody outside can tell whether an attempt
 * arrived, its own report is not believed alone: see {@link SandboxExamination}.
 */
public final class EscapeProbe {

    public record EscapeAttempt(String name, boolean got, String detail) {}

    public record EscapeReport(List<EscapeAttempt> tries) {}

    /** One way out. If it throws, the way is closed. */
    @FunctionalInterface
    private interface EscapeRoute {
        /** Returns the target that was reached, in words; empty if none was. */
        String go() throws Exception;
    }

    private static final int PATIENCE_MILLIS = 1_500;
    private static final int DNS = 53;
    private static final int TLS = 443;
    private static final List<String> PUBLIC = List.of("1.1.1.1", "8.8.8.8", "9.9.9.9");
    private static final List<String> METADATA = List.of("169.254.169.254", "fd00:ec2::254", "169.254.170.2");

    private static final List<String> DEVICES =
            List.of("mem kmsg kvm fuse net/tun sda vda nvme0n1 loop0 vsock".split(" ", -1));

    /** Devices that are open to everybody on many machines, and do nothing without a privilege. */
    private static final List<String> HARMLESS = List.of("fuse", "net/tun", "vsock");

    private static final List<String> SYSTEM = List.of(
            "/ /usr /usr/bin /usr/local/bin /etc /lib /run/interlock /sys/fs/cgroup /proc/sys/kernel".split(" ", -1));

    /** A variable of the launcher that no agent inherits. */
    static final String MARKED = "INTERLOCK_EXAMINED";

    /** Follows the mark in the launcher's environment. */
    static final String HELD = "-held";

    /** The one way that must be open. */
    static final String CONTROL = "gateway";

    /** A flag in {@code /proc/net/unix}: {@code __SO_ACCEPTCON}. */
    private static final String LISTENING = "00010000";

    private static final int NOT_PERMITTED = 1;
    private static final int NO_SUCH_PROCESS = 3;

    /** A call that the filter refuses outright, by its place in {@link SystemCallFilter#denied}. */
    private record DeniedCall(String name, int place, long first, long second) {}

    private static final List<DeniedCall> DENIED = List.of(
            new DeniedCall("keyrings", 2, 0, -3),
            new DeniedCall("io-uring", 3, 1, 0),
            new DeniedCall("bpf", 6, 0, 0),
            new DeniedCall("userfaultfd", 7, 1, 0),
            new DeniedCall("perf-events", 8, 0, 0),
            new DeniedCall("file-handles", 9, -1, 0),
            new DeniedCall("kernel-log", 10, 10, 0),
            new DeniedCall("new-namespaces", 11, 0, 0),
            new DeniedCall("new-mounts", 16, -1, 0));

    /** The kernel's information on itself and on its users' keys. An agent only needs its own process numbers. */
    private static final List<String> KERNELS_OWN =
            List.of("/proc/cmdline", "/proc/keys", "/proc/key-users", "/proc/kcore", "/proc/kmsg");

    private final EscapeTargets bait;
    private final List<EscapeAttempt> tries = new ArrayList<>();

    private EscapeProbe(EscapeTargets bait) {
        this.bait = bait;
    }

    /** Tries everything, and prints the results as one JSON value. The only argument says where the targets are. */
    public static void main(String[] arguments) {
        EscapeTargets bait =
                RecordJson.read(EscapeTargets.class, Json.readObject(arguments[0].getBytes(StandardCharsets.UTF_8)));
        EscapeProbe out = new EscapeProbe(bait);
        try (SystemCallTester kernel = new SystemCallTester()) {
            out.attempt(CONTROL, EscapeProbe::gateway);
            out.network(kernel);
            out.sockets(kernel);
            out.processes(kernel);
            out.files();
            out.privileges(kernel);
            if (!bait.bare()) {
                out.kernel(kernel);
            }
        }
        System.out.println(RecordJson.write(new EscapeReport(out.tries)).canonicalText());
    }

    private void network(SystemCallTester kernel) {
        bait.tcp().stream()
                .map(address -> address.split(" ", 2))
                .forEach(parts -> attempt("tcp " + parts[0], () -> connect(parts[0], Integer.parseInt(parts[1]))));
        bait.udp().stream()
                .map(address -> address.split(" ", 2))
                .forEach(parts -> attempt("udp " + parts[0], () -> send(parts[0], Integer.parseInt(parts[1]))));
        Stream.concat(bait.resolvers().stream(), PUBLIC.stream())
                .distinct()
                .forEach(resolver -> attempt("dns " + resolver, () -> ask(resolver)));
        attempt("names", () -> InetAddress.getAllByName("example.com")[0].getHostAddress());
        PUBLIC.forEach(host -> attempt("doh " + host, () -> connect(host, TLS)));
        METADATA.forEach(host -> attempt("metadata " + host, () -> connect(host, 80)));
        attempt("raw-socket", () -> opened(kernel.socket(17, 3, 0)) + opened(kernel.socket(2, 3, 0)));
        attempt("vsock", () -> opened(kernel.socket(40, 1, 0)));
        if (!bait.bare()) {
            attempt("kernel-sockets", () -> opened(kernel.socket(38, 5, 0)) + opened(kernel.socket(16, 3, 12)));
        }
    }

    private void sockets(SystemCallTester kernel) {
        bait.sockets().forEach(socket -> attempt(socket.name(), () -> connect(Path.of(socket.path()))));
        if (bait.bare()) {
            attempt("abstract-sockets", () -> anyAbstract(kernel));
            attempt("admin-socket", this::administered);
        } else {
            attempt("workspace-sockets", this::anyShown);
            attempt("abstract-socket", () -> succeeded(kernel.connectAbstract(bait.mark()), "connected"));
        }
    }

    private void processes(SystemCallTester kernel) {
        attempt("processes", this::marked);
        attempt(
                "own-environment",
                () -> System.getenv().containsKey(MARKED) ? "it holds the launcher's " + MARKED : "");
        attempt("ptrace", () -> succeeded(kernel.call(kernel.numbers().ptrace(), 0x4206, bait.pid()), "attached"));
        attempt(
                "signal",
                () -> isShut(kernel.call(kernel.numbers().kill(), bait.pid(), 0))
                        ? ""
                        : "process " + bait.pid() + " is there");
    }

    /** Without a sandbox other processes may be visible, as long as they cannot be touched. */
    private boolean isShut(SystemCallTester.SyscallResult signal) {
        return signal.errno() == NO_SUCH_PROCESS || (bait.bare() && signal.errno() == NOT_PERMITTED);
    }

    private void files() {
        bait.files().forEach(file -> attempt(file.name(), () -> seen(Path.of(file.path()))));
        bait.written().forEach(file -> attempt("configuration-written", () -> changed(Path.of(file))));
        attempt("write-system", EscapeProbe::written);
        attempt(
                "devices",
                () -> bait.bare()
                        ? listed("opened ", DEVICES, EscapeProbe::isOpened)
                        : listed("saw ", DEVICES, device -> Files.exists(Path.of("/dev", device))));
    }

    private void privileges(SystemCallTester kernel) {
        attempt(
                "mount",
                () -> succeeded(
                        kernel.call(
                                kernel.numbers().mount(),
                                kernel.text("tmpfs"),
                                kernel.text("/tmp"),
                                kernel.text("tmpfs")),
                        "mounted over /tmp"));
        attempt("setuid", () -> succeeded(kernel.call(kernel.numbers().setuid()), "became user 0"));
        attempt("capabilities", EscapeProbe::privileges);
    }

    private void kernel(SystemCallTester kernel) {
        DENIED.forEach(call -> attempt(
                call.name(),
                () -> done(kernel.call(kernel.calls().denied().get(call.place()), call.first(), call.second()))));
        attempt("clone3", () -> done(kernel.call(SystemCallTester.CLONE3)));
        attempt(
                "terminal-injection",
                () -> succeeded(
                        kernel.call(kernel.calls().ioctl(), 0, 0x5412, kernel.text("x")), "typed into the terminal"));
        attempt("user-namespaces", EscapeProbe::nested);
        attempt("kernels-own-files", EscapeProbe::readable);
    }

    private void attempt(String name, EscapeRoute way) {
        try {
            String reached = way.go();
            tries.add(new EscapeAttempt(name, !reached.isEmpty(), reached.isEmpty() ? "nothing was reached" : reached));
        } catch (Exception e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            tries.add(new EscapeAttempt(name, false, why.lines().findFirst().orElse("")));
        }
    }

    private static String connect(String host, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral(host), port), PATIENCE_MILLIS);
            return "connected to " + host + " port " + port;
        }
    }

    private static String gateway() throws IOException {
        String[] address = System.getenv()
                .getOrDefault("INTERLOCK_GATEWAY", BubblewrapArgs.gateway(BubblewrapArgs.PORT))
                .replace("http://", "")
                .split(":", 2);
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            socket.setSoTimeout(10 * PATIENCE_MILLIS);
            String request = "GET /.interlock/elevations/none HTTP/1.1\r\nHost: " + String.join(":", address)
                    + "\r\nAuthorization: Bearer " + System.getenv("INTERLOCK_LEASE") + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(8);
            return answer.length == 8 ? "it answered" : "";
        }
    }

    private static String connect(Path path) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            return "connected to `" + path + "`";
        }
    }

    private String anyShown() throws IOException {
        List<String> reached = new ArrayList<>();
        for (String directory : bait.shown()) {
            Files.walkFileTree(Path.of(directory).toRealPath(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isOther()) {
                        reached(file).ifPresent(reached::add);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path path, IOException e) {
                    return FileVisitResult.CONTINUE; // an agent gets no further there
                }

                @Override
                public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        return String.join(", ", reached);
    }

    private static Optional<String> reached(Path socket) {
        try {
            return Optional.of(connect(socket));
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // nobody listens, or it is no socket
        }
    }

    /** They have no file, so no file permission protects them. */
    private String anyAbstract(SystemCallTester kernel) throws IOException {
        List<String> reached = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            String[] columns = line.strip().split("\\s+", 8);
            boolean listens = columns.length == 8 && columns[3].equals(LISTENING) && columns[7].startsWith("@");
            // The test's own socket is tried separately.
            if (listens
                    && !columns[7].contains(bait.mark())
                    && kernel.connectAbstract(columns[7].substring(1)).succeeded()) {
                reached.add(columns[7]);
            }
        }
        return reached.isEmpty() ? "" : "connected to " + String.join(", ", reached);
    }

    /** Sends a request that changes nothing. Only whether it is answered counts. */
    private String administered() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(bait.admin().orElseThrow()));
            channel.write(
                    ByteBuffer.wrap("{\"arguments\":{},\"command\":\"status\"}\n".getBytes(StandardCharsets.US_ASCII)));
            channel.shutdownOutput();
            String answer = new String(Channels.newInputStream(channel).readNBytes(4_096), StandardCharsets.UTF_8);
            if (answer.isEmpty() || answer.contains("\"ok\":false")) {
                throw new IOException("refused");
            }
            return "it answered";
        }
    }

    private String send(String host, int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            byte[] mark = bait.mark().getBytes(StandardCharsets.UTF_8);
            socket.send(new DatagramPacket(mark, mark.length, InetAddress.ofLiteral(host), port));
            return ""; // the target outside knows whether it arrived
        }
    }

    /** RFC 1035 §4: one question for the address of {@code example.com}. */
    private static String ask(String resolver) throws IOException {
        byte[] question = {
            0x49, 0x4c, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1,
            0, 1
        };
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.send(new DatagramPacket(question, question.length, InetAddress.ofLiteral(resolver), DNS));
            socket.receive(new DatagramPacket(new byte[512], 512));
            return resolver + " answered";
        }
    }

    private static String succeeded(SystemCallTester.SyscallResult call, String reached) {
        return call.succeeded() ? reached : "";
    }

    private static String opened(SystemCallTester.SyscallResult socket) {
        return succeeded(socket, "a socket was opened. ");
    }

    private static String done(SystemCallTester.SyscallResult call) {
        return call.errno() == 1 || call.errno() == 38 ? "" : "the call was not refused (" + call.errno() + ")";
    }

    private String marked() throws IOException {
        TreeSet<String> found = new TreeSet<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .toList()) {
                if (holds(process.resolve("environ")) || holds(process.resolve("cmdline"))) {
                    found.add(process.getFileName().toString());
                }
            }
        }
        found.remove(Long.toString(ProcessHandle.current().pid())); // this process has the mark in its argument
        return found.isEmpty() ? "" : "read the launcher's mark in process " + String.join(", ", found);
    }

    private boolean holds(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(bait.mark() + HELD);
        } catch (IOException e) {
            return false;
        }
    }

    private static String seen(Path path) throws IOException {
        if (!Files.exists(path)) {
            return "";
        }
        if (Files.isDirectory(path)) {
            try (Stream<Path> inside = Files.list(path)) {
                List<Path> entries = inside.limit(3).toList();
                return entries.isEmpty() ? "" : "saw `" + entries.getFirst() + "`";
            }
        }
        Files.newInputStream(path).close();
        return "opened `" + path + "`";
    }

    private static String readable() {
        return listed("read ", KERNELS_OWN, file -> {
            try (InputStream in = Files.newInputStream(Path.of(file))) {
                return in.read() >= 0;
            }
        });
    }

    private static String written() {
        return listed("wrote in ", SYSTEM, directory -> {
            Path file = Path.of(directory, "interlock-was-here");
            Files.write(file, new byte[0], StandardOpenOption.CREATE_NEW, StandardOpenOption.DELETE_ON_CLOSE);
            return true;
        });
    }

    @FunctionalInterface
    private interface PathTest {
        boolean succeeds(String path) throws IOException;
    }

    private static String listed(String how, List<String> paths, PathTest test) {
        List<String> found = paths.stream()
                .filter(path -> {
                    try {
                        return test.succeeds(path);
                    } catch (IOException e) {
                        return false;
                    }
                })
                .toList();
        return found.isEmpty() ? "" : how + String.join(", ", found);
    }

    private static String changed(Path path) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve("interlock-was-here") : path;
        boolean made = !Files.exists(file);
        Files.newByteChannel(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)
                .close();
        if (made) {
            Files.deleteIfExists(file);
        }
        return "`" + path + "` can be written";
    }

    private static boolean isOpened(String device) throws IOException {
        if (!HARMLESS.contains(device)) {
            Files.newInputStream(Path.of("/dev", device)).close();
        }
        return !HARMLESS.contains(device);
    }

    private static String privileges() throws IOException {
        Map<String, String> wanted =
                Map.of("NoNewPrivs", "1", "CapEff", "0", "CapPrm", "0", "CapInh", "0", "CapAmb", "0");
        List<String> wrong = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            String[] parts = line.split(":\\s*", 2);
            if (wanted.containsKey(parts[0])
                    && !parts[1].replaceFirst("^0+(?=.)", "").equals(wanted.get(parts[0]))) {
                wrong.add(line.replaceAll("\\s+", " "));
            }
        }
        return String.join(", ", wrong);
    }

    /** Uses a system program, because a process with several threads must not do this, whatever else is allowed. */
    private static String nested() throws Exception {
        Process process = new ProcessBuilder("/usr/bin/unshare", "--user", "--map-root-user", "true")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() == 0) {
            return "became root in a namespace of its own";
        }
        throw new IOException(said);
    }
}
