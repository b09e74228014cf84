package dev.interlock.confine;

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

    /** The result of one try. */
    record EscapeAttempt(String name, boolean got, String detail) {
        Json.Members json() {
            return Json.object().with("name", name).with("got", got).with("detail", detail);
        }

        static EscapeAttempt read(Json.Members fields) {
            return new EscapeAttempt(
                    fields.text("name"),
                    fields.get("got").equals(Optional.of(new Json.Flag(true))),
                    fields.text("detail"));
        }
    }

    /** One way out. If it throws, the way is closed. */
    @FunctionalInterface
    private interface EscapeRoute {
        /** Tries it. Returns the target that was reached, in words; empty if none was. */
        String go() throws Exception;
    }

    private static final int PATIENCE_MILLIS = 1_500;
    private static final int DNS = 53;
    private static final int TLS = 443;

    private static final List<String> PUBLIC = List.of("1.1.1.1", "8.8.8.8", "9.9.9.9");
    private static final List<String> METADATA = List.of("169.254.169.254", "fd00:ec2::254", "169.254.170.2");

    private static final List<String> DEVICES = List.of(
            "/dev/mem",
            "/dev/kmsg",
            "/dev/kvm",
            "/dev/fuse",
            "/dev/net/tun",
            "/dev/sda",
            "/dev/vda",
            "/dev/nvme0n1",
            "/dev/loop0",
            "/dev/vsock");

    private static final List<String> SYSTEM = List.of(
            "/",
            "/usr",
            "/usr/bin",
            "/usr/local/bin",
            "/etc",
            "/lib",
            "/run/interlock",
            "/sys/fs/cgroup",
            "/proc/sys/kernel");

    /** A variable of the launcher that no agent inherits. */
    static final String MARKED = "INTERLOCK_EXAMINED";

    /** Follows the mark in the launcher's environment. */
    static final String HELD = "-held";

    /** The one way that must be open. */
    static final String CONTROL = "gateway";

    private static final List<String> HARMLESS = List.of("/dev/fuse", "/dev/net/tun", "/dev/vsock");

    /** A flag in {@code /proc/net/unix}: {@code __SO_ACCEPTCON}. */
    private static final String LISTENING = "00010000";

    private static final int NOT_PERMITTED = 1;
    private static final int NO_SUCH_PROCESS = 3;

    // Indexes in the list of system calls that the filter refuses.
    private static final int KEYCTL = 2;
    private static final int IO_URING = 3;
    private static final int BPF = 6;
    private static final int USERFAULTFD = 7;
    private static final int PERF = 8;
    private static final int FILE_HANDLES = 9;
    private static final int KERNEL_LOG = 10;
    private static final int UNSHARE = 11;
    private static final int OPEN_TREE = 16;

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
        EscapeTargets bait = EscapeTargets.read(Json.readObject(arguments[0].getBytes(StandardCharsets.UTF_8)));
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
        System.out.println(Json.object()
                .withItems("tries", out.tries.stream().map(EscapeAttempt::json))
                .canonicalText());
    }

    private void network(SystemCallTester kernel) {
        for (String address : bait.tcp()) {
            String[] parts = address.split(" ", 2);
            attempt("tcp " + parts[0], () -> connect(parts[0], Integer.parseInt(parts[1])));
        }
        for (String address : bait.udp()) {
            String[] parts = address.split(" ", 2);
            attempt("udp " + parts[0], () -> send(parts[0], Integer.parseInt(parts[1])));
        }
        Stream.concat(bait.resolvers().stream(), PUBLIC.stream())
                .distinct()
                .forEach(resolver -> attempt("dns " + resolver, () -> ask(resolver)));
        attempt("names", () -> InetAddress.getAllByName("example.com")[0].getHostAddress());
        PUBLIC.forEach(host -> attempt("doh " + host, () -> connect(host, TLS)));
        METADATA.forEach(host -> attempt("metadata " + host, () -> connect(host, 80)));
        attempt("raw-socket", () -> opened(kernel.socket(17, 3)) + opened(kernel.socket(2, 3)));
        attempt("vsock", () -> opened(kernel.socket(40, 1)));
        if (!bait.bare()) {
            attempt("kernel-sockets", () -> opened(kernel.socket(38, 5)) + opened(kernel.socket(16, 3, 12)));
        }
    }

    private void sockets(SystemCallTester kernel) {
        bait.sockets().forEach(socket -> attempt(socket.name(), () -> connect(Path.of(socket.path()))));
        if (bait.bare()) {
            attempt("abstract-sockets", () -> anyAbstract(kernel));
            attempt("admin-socket", this::administered);
        } else {
            attempt("workspace-sockets", this::anyShown);
            attempt(
                    "abstract-socket",
                    () -> kernel.connectAbstract(bait.abstractSocket()).succeeded() ? "connected" : "");
        }
    }

    private void processes(SystemCallTester kernel) {
        attempt("processes", this::marked);
        attempt(
                "own-environment",
                () -> System.getenv().containsKey(MARKED) ? "it holds the launcher's " + MARKED : "");
        attempt("ptrace", () -> kernel.seize(bait.pid()).succeeded() ? "attached to process " + bait.pid() : "");
        attempt("signal", () -> isShut(kernel.signal(bait.pid(), 0)) ? "" : "process " + bait.pid() + " is there");
    }

    /**
     * Returns whether a process cannot be signalled. Without a sandbox other processes may be visible, as long as they
     * cannot be touched.
     */
    private boolean isShut(SystemCallTester.SyscallResult signal) {
        return signal.errno() == NO_SUCH_PROCESS || (bait.bare() && signal.errno() == NOT_PERMITTED);
    }

    private void files() {
        bait.files().forEach(file -> attempt(file.name(), () -> seen(Path.of(file.path()))));
        bait.written().forEach(file -> attempt("configuration-written", () -> changed(Path.of(file))));
        attempt("write-system", EscapeProbe::written);
        attempt(
                "devices",
                () -> String.join(
                        ", ",
                        DEVICES.stream()
                                .filter(device -> bait.bare() ? isOpened(device) : Files.exists(Path.of(device)))
                                .toList()));
    }

    private void privileges(SystemCallTester kernel) {
        attempt("mount", () -> kernel.mount("tmpfs", "/tmp").succeeded() ? "mounted over /tmp" : "");
        attempt("setuid", () -> kernel.becomeRoot().succeeded() ? "became user 0" : "");
        attempt("capabilities", EscapeProbe::privileges);
    }

    private void kernel(SystemCallTester kernel) {
        attempt("keyrings", () -> done(kernel.denied(KEYCTL, 0, -3)));
        attempt("io-uring", () -> done(kernel.denied(IO_URING, 1, 0)));
        attempt("bpf", () -> done(kernel.denied(BPF, 0, 0)));
        attempt("userfaultfd", () -> done(kernel.denied(USERFAULTFD, 1, 0)));
        attempt("perf-events", () -> done(kernel.denied(PERF, 0, 0)));
        attempt("terminal-injection", () -> kernel.terminalInjection().succeeded() ? "typed into the terminal" : "");
        attempt("user-namespaces", EscapeProbe::nested);
        attempt("new-namespaces", () -> done(kernel.denied(UNSHARE, 0, 0)) + done(kernel.clone3()));
        attempt("new-mounts", () -> done(kernel.denied(OPEN_TREE, -1, 0)));
        attempt("file-handles", () -> done(kernel.denied(FILE_HANDLES, -1, 0)));
        attempt("kernel-log", () -> done(kernel.denied(KERNEL_LOG, 10, 0)));
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
            socket.connect(new InetSocketAddress(numeric(host), port), PATIENCE_MILLIS);
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
            String request = "GET /interlock-doctor HTTP/1.1\r\nHost: " + String.join(":", address)
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

    /** Tries every socket in the directories that the agent sees, whatever its name. */
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

    /**
     * Tries the abstract sockets that listen in this network. They have no file, so no file permission protects them.
     */
    private String anyAbstract(SystemCallTester kernel) throws IOException {
        List<String> reached = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            String[] columns = line.strip().split("\\s+", 8);
            boolean listens = columns.length == 8 && columns[3].equals(LISTENING) && columns[7].startsWith("@");
            // The test's own socket is tried separately.
            if (listens
                    && !columns[7].contains(bait.abstractSocket())
                    && kernel.connectAbstract(columns[7].substring(1)).succeeded()) {
                reached.add(columns[7]);
            }
        }
        return reached.isEmpty() ? "" : "connected to " + String.join(", ", reached);
    }

    /** Sends a request that changes nothing. Only whether it is answered counts. */
    private String administered() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(bait.admin()));
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

    private static InetAddress numeric(String address) {
        return InetAddress.ofLiteral(address);
    }

    private String send(String host, int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            byte[] mark = bait.mark().getBytes(StandardCharsets.UTF_8);
            socket.send(new DatagramPacket(mark, mark.length, numeric(host), port));
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
            InetAddress address = numeric(resolver);
            socket.send(new DatagramPacket(question, question.length, address, DNS));
            DatagramPacket answer = new DatagramPacket(new byte[512], 512);
            socket.receive(answer);
            return resolver + " answered";
        }
    }

    private static String opened(SystemCallTester.SyscallResult socket) {
        return socket.succeeded() ? "a socket was opened. " : "";
    }

    private static String done(SystemCallTester.SyscallResult call) {
        return call.errno() == 1 || call.errno() == 38 ? "" : "the call was not refused (" + call.errno() + ")";
    }

    /** Looks for processes that show the mark of the launcher's environment. */
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
        List<String> readable = new ArrayList<>();
        for (String file : KERNELS_OWN) {
            try (InputStream in = Files.newInputStream(Path.of(file))) {
                if (in.read() >= 0) {
                    readable.add(file);
                }
            } catch (IOException e) {
                // It cannot be read, as it should be.
            }
        }
        return readable.isEmpty() ? "" : "read " + String.join(", ", readable);
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

    /**
     * Returns whether a device can be opened. Some devices are open to everybody on many machines, and do nothing
     * without a privilege.
     */
    private static boolean isOpened(String device) {
        if (HARMLESS.contains(device)) {
            return false;
        }
        try {
            Files.newInputStream(Path.of(device)).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String written() {
        List<String> written = new ArrayList<>();
        for (String directory : SYSTEM) {
            Path file = Path.of(directory, "interlock-was-here");
            try {
                Files.write(file, new byte[0], StandardOpenOption.CREATE_NEW);
                written.add(directory);
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It cannot be written, as it should be.
            }
        }
        return written.isEmpty() ? "" : "wrote in " + String.join(", ", written);
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
