package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Segment;
import dev.interlock.system.FleetNetwork.Machine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Three gateways behind HAProxy, a replicated database and a service, each on a machine and a disk of its own, and what
 * can happen to these. It must run as root, in namespaces of networks and mounts of its own.
 */
final class PartitionedFleet implements AutoCloseable {

    static final int NODES = 3;

    /** How many writes a lease may do. */
    static final int LIMIT = 15;

    /** How often a person may sign within an hour: the most that a seal permits. */
    static final int SIGNATURES = 200;

    /** How many agents there are: two for each history. */
    static final int AGENTS = 600;

    /** The node whose clock can be set. */
    private static final int CLOCKED = 2;

    private static final int SERVICE_PORT = 9000;
    private static final int BALANCER_NUMBER = 30;
    private static final int FIRST_NODE = 20;
    private static final Duration MAX_CONNECT = Duration.ofSeconds(3);
    private static final Duration MAX_ANSWER = Duration.ofSeconds(12);

    /** What may happen. */
    enum Fault {
        NODE_WITHOUT_DATABASE,
        NODE_WITHOUT_AGENTS,
        NODE_WITHOUT_PEERS,
        NODE_WITHOUT_SERVICE,
        HALVES,
        REPLICA_CUT,
        DATABASE_FROZEN,
        DATABASE_DISK,
        NODE_FROZEN,
        NODE_DISK,
        NODE_KILLED,
        CLOCK_AHEAD,
        CLOCK_BEHIND,
        DATABASE_CRASH,
        FAIL_OVER
    }

    /** Ends a fault. */
    interface Repair {
        void run() throws Exception;
    }

    private final Path root;
    private final FleetNetwork network = new FleetNetwork();
    private final ReplicatedDatabase database;
    private final GatewayFleet fleet = new GatewayFleet(ServiceGatewayInstallation.CONFIRMED);
    private final List<Machine> machines = new ArrayList<>();
    private final HttpServer service;
    private final Process balancer;
    private final Queue<CallHistory.Arrival> arrivals = new ConcurrentLinkedQueue<>();
    private boolean isAlone; // the database, since its primary was replaced

    PartitionedFleet(Path root, boolean synchronous) throws Exception {
        this.root = root;
        this.database =
                new ReplicatedDatabase(network, List.of(disk("db0", "postgres"), disk("db1", "postgres")), synchronous);
        this.service = service();
        for (int i = 0; i < NODES; i++) {
            Machine machine = network.add("g" + i, FIRST_NODE + i);
            machines.add(machine);
            ServiceGatewayInstallation made = fleet.add(
                    disk("g" + i, "root"),
                    "http://127.0.0.1:" + SERVICE_PORT,
                    i > 0
                            ? ""
                            : "store: " + ReplicatedDatabase.STORE + "\nreplica: " + root + "/ledgers/g0\nreplicas: "
                                    + root + "/ledgers\n");
            network.answer(machine, GatewayFleet.address(i), fleet.port());
            network.lead(machine, ReplicatedDatabase.PORT, FleetNetwork.DATABASE);
            network.lead(machine, SERVICE_PORT, FleetNetwork.SERVICE);
            made.startBy(command(i));
        }
        makeClock();
        start();
        Machine front = network.add("balancer", BALANCER_NUMBER);
        this.balancer = fleet.balancer(
                root, front.prefix(), front.address(), i -> machines.get(i).address());
    }

    private List<String> command(int node) {
        List<String> command = new ArrayList<>(machines.get(node).prefix());
        if (node == CLOCKED) {
            command.addAll(
                    List.of("env", "LD_PRELOAD=" + root.resolve("clock.so"), "WALL_CLOCK=" + root.resolve("clock")));
        }
        return command;
    }

    /** Sets the clock of one node apart. Debian's libfaketime has a JVM spin, because it sets its waiting apart too. */
    private void setClock(long seconds) throws IOException {
        try (FileChannel file =
                FileChannel.open(root.resolve("clock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .putLong(0, seconds));
        }
    }

    private void makeClock() throws Exception {
        Path source = root.resolve("clock.c");
        try (InputStream in = PartitionedFleet.class.getResourceAsStream("wall-clock.c")) {
            Files.write(source, in.readAllBytes());
        }
        FleetNetwork.run(
                List.of(),
                List.of(
                        "cc",
                        "-shared",
                        "-fPIC",
                        "-O2",
                        "-o",
                        root.resolve("clock.so").toString(),
                        source.toString(),
                        "-ldl"),
                "");
        setClock(0);
    }

    private void start() throws Exception {
        ServiceGatewayInstallation first = node(0);
        Path policy = first.config().resolveSibling("policy/interlock.yaml");
        StringBuilder agents = new StringBuilder("agents:\n");
        for (int i = 0; i < AGENTS; i++) {
            agents.append("  sam/k").append(i).append(": {owner: sam, teams: [bots]}\n");
        }
        String people = "people:\n  kim: {groups: [owners], keys: [\"" + first.key("kim") + "\"]}\n";
        first.write(
                "interlock.yaml",
                Files.readString(policy).replace("agents:\n", agents).replace("people:\n", people)
                        + "budgets:\n  writes: {per: [lease], impacts: [write], at-most: " + LIMIT + ", within: 1h}\n"
                        + "signing: {per-hour: " + SIGNATURES + "}\n");
        first.seal().expect(0);
        first.up();
        fleet.shareFingerprints();
        for (int i = 1; i < NODES; i++) {
            node(i).upAgain();
        }
    }

    /** Makes a disk that can stand still. */
    private Path disk(String name, String owner) throws Exception {
        Path image = root.resolve(name + ".img");
        Path mount = Files.createDirectory(root.resolve(name));
        FleetNetwork.run(List.of(), List.of("truncate", "-s", "1G", image.toString()), "");
        FleetNetwork.run(List.of(), List.of("mkfs.ext4", "-q", image.toString()), "");
        FleetNetwork.run(List.of(), List.of("mount", "-o", "loop", image.toString(), mount.toString()), "");
        FleetNetwork.run(List.of(), List.of("chown", owner, mount.toString()), "");
        Files.setPosixFilePermissions(mount, PosixFilePermissions.fromString("rwx--x--x"));
        return mount;
    }

    /** Notes what arrives, and answers later, so that calls are in flight when something happens. */
    private HttpServer service() throws IOException {
        HttpServer made = HttpServer.create(new InetSocketAddress(FleetNetwork.SERVICE, SERVICE_PORT), 256);
        made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        made.createContext("/", this::answer);
        made.start();
        return made;
    }

    private void answer(HttpExchange exchange) throws IOException {
        long at = System.nanoTime();
        String order = exchange.getRequestURI().getPath().split("/", -1)[2];
        String method = exchange.getRequestMethod();
        arrivals.add(new CallHistory.Arrival(order, method, at));
        int drawn = Math.floorMod(order.hashCode() * 0x9E37_79B1, 1000);
        try {
            Thread.sleep(drawn % 10 == 0 ? drawn : drawn / 50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        byte[] bytes = ("{\"" + CallHistory.SERVICE_WORD + "\":\"" + order + "\"}").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        // What failed there is not frozen here: then a confirmation alone keeps copies away.
        exchange.sendResponseHeaders(method.equals("DELETE") && drawn % 2 == 0 ? 404 : 200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    ServiceGatewayInstallation node(int number) {
        return fleet.gateways().get(number);
    }

    ReplicatedDatabase database() {
        return database;
    }

    /** Returns what has arrived since the last call. */
    List<CallHistory.Arrival> take() {
        List<CallHistory.Arrival> taken = List.copyOf(arrivals);
        arrivals.clear();
        return taken;
    }

    /** Sends a call to a node, or by the balancer if there is no such node. */
    CallHistory.Call call(int node, String order, String method, String agent, String lease) {
        String host = node < NODES ? machines.get(node).address() : "10.77.0." + BALANCER_NUMBER;
        String target = "/orders/orders/" + order + (method.equals("POST") ? "/hold" : "");
        return send(host, fleet.port(), order, method, target, agent, lease);
    }

    /** Sends it to the service itself, past every gateway: what must never happen. */
    void bypass(String order, String method) {
        send(FleetNetwork.SERVICE, SERVICE_PORT, order, method, "/orders/" + order, "", "");
    }

    private CallHistory.Call send(
            String host, int port, String order, String method, String target, String agent, String lease) {
        long began = System.nanoTime();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) MAX_CONNECT.toMillis());
            socket.setSoTimeout((int) MAX_ANSWER.toMillis());
            socket.getOutputStream()
                    .write((method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + fleet.port()
                                    + "\r\nAuthorization: Bearer " + lease
                                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(all);
        } catch (IOException _) {
            // What came until then may still be an answer.
        }
        String text = all.toString(StandardCharsets.UTF_8);
        int status = text.matches("(?s)HTTP/1.1 [0-9]{3} .*") ? Integer.parseInt(text.substring(9, 12)) : 0;
        return new CallHistory.Call(order, method, agent, lease, began, System.nanoTime(), status, text);
    }

    /** Lets it happen. Returns what ends it. */
    Repair inflict(Fault fault, RandomGenerator random) throws Exception {
        int number = random.nextInt(NODES);
        Machine machine = machines.get(number);
        boolean in = random.nextInt(4) > 0;
        boolean out = !in || random.nextBoolean();
        switch (fault) {
            case NODE_WITHOUT_DATABASE -> network.cut(machine, in, out, FleetNetwork.DATABASE);
            case NODE_WITHOUT_AGENTS ->
                network.cut(machine, in, out, FleetNetwork.AGENTS, "10.77.0." + BALANCER_NUMBER);
            case NODE_WITHOUT_PEERS -> network.cut(machine, in, out, others(number));
            case NODE_WITHOUT_SERVICE -> network.cut(machine, in, out, FleetNetwork.SERVICE);
            case HALVES -> halve(number, random.nextBoolean());
            case REPLICA_CUT ->
                network.cut(
                        database.machine(false), in, out, database.machine(true).address());
            case CLOCK_AHEAD -> setClock(random.nextInt(60, 600));
            case CLOCK_BEHIND -> setClock(-random.nextInt(60, 600));
            case DATABASE_FROZEN -> {
                database.signal("STOP");
                return () -> database.signal("CONT");
            }
            case DATABASE_DISK -> {
                return still(database.disk());
            }
            case NODE_DISK -> {
                return still(root.resolve("g" + number));
            }
            case NODE_FROZEN -> {
                ProcessHandle process = node(number).process();
                signal(process, "STOP");
                return () -> signal(process, "CONT");
            }
            case NODE_KILLED -> {
                node(number).process().destroyForcibly();
                node(number).process().onExit().join();
                return () -> node(number).launch(List.of());
            }
            case DATABASE_CRASH -> {
                database.crash();
                return database::restart;
            }
            case FAIL_OVER -> failOver(random);
        }
        return () -> {
            network.heal();
            setClock(0);
        };
    }

    private static void signal(ProcessHandle process, String signal) throws Exception {
        FleetNetwork.run(List.of(), List.of("kill", "-" + signal, Long.toString(process.pid())), "");
    }

    private static Repair still(Path disk) throws Exception {
        FleetNetwork.run(List.of(), List.of("fsfreeze", "-f", disk.toString()), "");
        return () -> FleetNetwork.run(List.of(), List.of("fsfreeze", "-u", disk.toString()), "");
    }

    private String[] others(int number) {
        return machines.stream()
                .filter(machine -> machine.number() != FIRST_NODE + number)
                .map(Machine::address)
                .toArray(String[]::new);
    }

    /** One node stays with the database, and the balancer with the others, or the other way round. */
    private void halve(int number, boolean isWithDatabase) throws Exception {
        for (int i = 0; i < NODES; i++) {
            if ((i == number) != isWithDatabase) {
                network.cut(machines.get(i), true, true, FleetNetwork.DATABASE);
            } else {
                network.cut(machines.get(i), true, true, "10.77.0." + BALANCER_NUMBER);
            }
        }
    }

    /** Before the primary is lost, its replica may hear nothing for a while. */
    private void failOver(RandomGenerator random) throws Exception {
        if (isAlone) {
            return;
        }
        if (random.nextBoolean()) {
            network.cut(
                    database.machine(false), true, true, database.machine(true).address());
            Thread.sleep(random.nextInt(200, 3000));
        }
        database.failOver();
        isAlone = true;
    }

    /** Ends the primary. Its replica takes its place when that is repaired. */
    Repair failOverLate() throws Exception {
        database.crash();
        return () -> {
            database.failOver();
            isAlone = true;
        };
    }

    /** Whether the primary was replaced since the last {@link #settle}. */
    boolean hasFailedOver() {
        return isAlone;
    }

    /** Waits until everything serves as before. Returns how many gateways had ended by themselves. */
    int settle() throws Exception {
        if (isAlone) {
            database.follow();
            isAlone = false;
        }
        int ended = 0;
        for (ServiceGatewayInstallation node : fleet.gateways()) {
            if (!node.process().isAlive()) {
                ended++;
                node.launch(List.of());
            }
        }
        for (ServiceGatewayInstallation node : fleet.gateways()) {
            node.await(true);
        }
        return ended;
    }

    /** Returns all receipts of all logs. */
    List<Receipt> receipts() throws IOException {
        List<Receipt> all = new ArrayList<>();
        for (int node : IntStream.range(0, NODES).toArray()) {
            List<Path> segments;
            try (Stream<Path> files = Files.walk(root.resolve("g" + node + "/data"))) {
                // A full segment is compressed while it is read here.
                segments = files.map(file -> file.resolveSibling(
                                GzipFile.plain(file.getFileName().toString())))
                        .filter(file ->
                                Segment.first(file.getFileName().toString()).isPresent())
                        .distinct()
                        .sorted()
                        .toList();
            }
            for (Path file : segments) {
                Segment segment = new Segment(
                        GzipFile.read(file),
                        Segment.first(file.getFileName().toString()).orElseThrow());
                for (Segment.Frame frame = segment.next();
                        frame.found() == Segment.FrameState.FRAME;
                        frame = segment.next()) {
                    all.add(Receipt.read(segment.entry(frame)));
                }
            }
        }
        return all;
    }

    @Override
    public void close() throws Exception {
        balancer.destroyForcibly();
        for (ServiceGatewayInstallation node : fleet.gateways()) {
            node.process().destroyForcibly();
            node.process().onExit().join();
        }
        database.close();
        service.stop(0);
        for (String name : List.of("g0", "g1", "g2", "db0", "db1")) {
            FleetNetwork.run(
                    List.of(), List.of("umount", "-l", root.resolve(name).toString()), "");
        }
    }
}
