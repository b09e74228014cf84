package dev.interlock.confine;

import dev.interlock.linux.Trees;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Live targets outside the sandbox. Each knows whether it was reached. A process inside cannot distinguish a refusal
 * from a missing network, and may not tell the truth.
 */
final class LiveEscapeTargets implements AutoCloseable {

    private static final Path RESOLVERS = Path.of("/etc/resolv.conf");

    /** What was sent within the host has arrived when its sender has ended. */
    private static final int LOOK_MILLIS = 1;

    private final String mark = "interlock-" + UUID.randomUUID();
    private final Path directory;
    private final Map<String, ServerSocket> tcp = new LinkedHashMap<>();
    private final Map<String, DatagramSocket> udp = new LinkedHashMap<>();
    private final ServerSocketChannel unix;
    private final SystemCallTester kernel = new SystemCallTester();
    private final SystemCallTester.SyscallResult nameless;
    private final Process process;

    private LiveEscapeTargets(Path directory, boolean open) throws IOException {
        this.directory = directory;
        for (InetAddress address : addresses()) {
            ServerSocket listener = new ServerSocket();
            listener.bind(new InetSocketAddress(address, 0));
            listener.setSoTimeout(LOOK_MILLIS);
            tcp.put("tcp " + address.getHostAddress(), listener);
            DatagramSocket receiver = new DatagramSocket(new InetSocketAddress(address, 0));
            receiver.setSoTimeout(LOOK_MILLIS);
            udp.put("udp " + address.getHostAddress(), receiver);
        }
        unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        unix.bind(UnixDomainSocketAddress.of(socket()));
        unix.configureBlocking(false);
        Files.writeString(file(), "nothing of worth\n");
        String everybodys = open ? "rwxrwxrwx" : "rw-------";
        Files.setPosixFilePermissions(socket(), PosixFilePermissions.fromString(everybodys));
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString(everybodys));
        nameless = kernel.listenAbstract(mark);
        ProcessBuilder waiting = new ProcessBuilder("/bin/sleep", "600");
        waiting.environment().put(EscapeProbe.MARKED, mark + EscapeProbe.HELD);
        process = waiting.start();
    }

    /**
     * @param open whether permissions let everybody reach them; if nothing else protects the targets, permissions must
     */
    static LiveEscapeTargets create(Path scratch, boolean open) throws IOException {
        Path directory = Files.createDirectory(
                scratch.resolve("lures"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        return new LiveEscapeTargets(directory, open);
    }

    Path output() {
        return directory.resolve("said");
    }

    private Path socket() {
        return directory.resolve("socket");
    }

    private Path file() {
        return directory.resolve("file");
    }

    EscapeTargets prepare(
            List<EscapeTargets.NamedPath> files,
            List<EscapeTargets.NamedPath> sockets,
            List<String> shown,
            List<String> written,
            Optional<Path> admin)
            throws IOException {
        List<EscapeTargets.NamedPath> allFiles = new ArrayList<>(files);
        allFiles.add(new EscapeTargets.NamedPath("other-files", file().toString()));
        List<EscapeTargets.NamedPath> allSockets = new ArrayList<>(sockets);
        allSockets.add(new EscapeTargets.NamedPath("unix-socket", socket().toString()));
        return new EscapeTargets(
                mark,
                tcp.values().stream()
                        .map(one -> address(one.getInetAddress(), one.getLocalPort()))
                        .toList(),
                udp.values().stream()
                        .map(one -> address(one.getLocalAddress(), one.getLocalPort()))
                        .toList(),
                resolvers(),
                allSockets,
                allFiles,
                written,
                admin.map(Path::toString),
                process.pid(),
                shown,
                !written.isEmpty() || admin.isPresent());
    }

    private static String address(InetAddress address, int port) {
        return address.getHostAddress() + " " + port;
    }

    boolean wasReached(String name) throws IOException {
        if (tcp.containsKey(name)) {
            return wasReached(tcp.get(name));
        }
        if (udp.containsKey(name)) {
            return wasReached(udp.get(name));
        }
        return switch (name) {
            case "unix-socket" -> unix.accept() != null;
            case "abstract-socket" -> nameless.succeeded() && kernel.wasReached(nameless.value());
            case "signal", "ptrace" -> !process.isAlive();
            default -> false;
        };
    }

    private static boolean wasReached(ServerSocket listener) throws IOException {
        try {
            listener.accept().close();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private boolean wasReached(DatagramSocket receiver) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[256], 256);
        try {
            receiver.receive(packet);
            return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8).equals(mark);
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private static List<InetAddress> addresses() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress())
                .map(LiveEscapeTargets::withoutInterface)
                .toList();
    }

    /** The interface does not exist inside, and an address that cannot be parsed there would not be tried. */
    private static InetAddress withoutInterface(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // the bytes always have a valid length
        }
    }

    private static List<String> resolvers() throws IOException {
        if (!Files.isReadable(RESOLVERS)) {
            return List.of();
        }
        return Files.readAllLines(RESOLVERS).stream()
                .filter(line -> line.startsWith("nameserver "))
                .map(line -> line.substring("nameserver ".length()).strip())
                .toList();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        kernel.close();
        unix.close();
        for (ServerSocket listener : tcp.values()) {
            listener.close();
        }
        udp.values().forEach(DatagramSocket::close);
        Trees.remove(directory);
    }
}
