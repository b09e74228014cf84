package dev.interlock.drill;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The gateway as a separate process, and the drill's requests to it as an administrator. */
final class DrillGateway implements AutoCloseable {

    /** The time for a start. A cold start takes about two seconds on a small machine. */
    private static final Duration DEFAULT_START = Duration.ofSeconds(30);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    /** The text that the agent writes into ledger files if it can. */
    private static final String MARK = "agent-was-here";

    private static final long MOST_RECEIPTS = 1_000;

    private final Process process;
    private final AdminClient admin;
    private final Path root;
    private final int port;

    private DrillGateway(Process process, Path root, int port) {
        this.process = process;
        this.root = root;
        this.port = port;
        this.admin = AdminClient.at(root.resolve("run/admin.sock"));
    }

    /** Begins to start one with the files below {@code root}. */
    static DrillGateway start(DrillProgram program, DrillUsers users, Path root, int port) throws IOException {
        List<String> options = new ArrayList<>(List.of("--config=" + root.resolve("gateway.yaml")));
        if (!users.separate()) {
            options.add("--same-user"); // and the page mentions it
        }
        Process process = new ProcessBuilder(users.as(users.gateway(), program.gateway(options)))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gateway.log").toFile())
                .start();
        return new DrillGateway(process, root, port);
    }

    void await() throws IOException {
        long deadline = System.nanoTime() + DEFAULT_START.toNanos();
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("the gateway did not start:\n"
                        + Files.readString(root.resolve("gateway.log")).strip());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean answers() {
        try {
            admin.call("status", Json.object());
            return true;
        } catch (IOException | AdminRefusedException e) {
            return false;
        }
    }

    long pid() {
        return process.pid();
    }

    int port() {
        return port;
    }

    Path configuration() {
        return root.resolve("gateway.yaml");
    }

    GatewaySnapshot snapshot() throws IOException {
        if (!process.isAlive() || !answers()) {
            return GatewaySnapshot.NONE;
        }
        Set<String> leases = new TreeSet<>();
        ask("lease.list").objects("leases").forEach(lease -> leases.add(lease.text("id")));
        Set<String> signed = new TreeSet<>();
        ask("hold.list").objects("holds").stream()
                .filter(hold -> Set.of("signed", "consumed").contains(hold.text("state")))
                .forEach(hold -> signed.add(hold.text("id")));
        return new GatewaySnapshot(
                true,
                ask("status").text("seal"),
                DirectoryTrees.digest(root.resolve("policy")),
                leases,
                signed,
                marked());
    }

    private boolean marked() throws IOException {
        for (Path file : DirectoryTrees.files(ledger())) {
            if (DirectoryTrees.text(file).contains(MARK)) {
                return true;
            }
        }
        return false;
    }

    Path ledger() {
        return root.resolve("data/ledger");
    }

    /** Signs the hold of the volume as the demo's person, with OpenSSH's own program, and returns its id. */
    String sign() throws IOException, InterruptedException {
        String hold = ask("hold.list").objects("holds").stream()
                .filter(h -> h.text("state").equals("open") && h.canonicalText().contains(Judge.DELETE))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no hold to sign"))
                .text("id");
        Json.Members shown = ask("hold.show", Json.object().with("hold", hold));
        String signature = DrillProgram.require(
                "ssh-keygen",
                List.of(
                        "ssh-keygen",
                        "-q",
                        "-Y",
                        "sign",
                        "-f",
                        root.resolve("keys/sam").toString(),
                        "-n",
                        Statement.NAMESPACE),
                shown.text("statement"));
        ask(
                "hold.sign",
                Json.object()
                        .with("hold", hold)
                        .with("signature", signature + "\n")
                        .withOptional("typed_name", shown.optionalText("name_to_type")));
        return "sam signed " + hold + " with an ed25519 key in software: weak, and allowed by this seal";
    }

    Json.Members backupStatus(Optional<Instant> at) throws IOException {
        return ask("backup.status", Json.object().withOptional("at", at.map(Instant::toString)));
    }

    void awaitPublished() throws IOException {
        long deadline = System.nanoTime() + DEFAULT_START.toNanos();
        Json.Members status = ask("status");
        while (status.whole("published") < status.whole("receipts") && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
            status = ask("status");
        }
    }

    DrillReceipts receipts() throws IOException {
        return new DrillReceipts(
                ask("receipts", Json.object().with("limit", MOST_RECEIPTS)).objects("receipts"));
    }

    private Json.Members ask(String command) throws IOException {
        return ask(command, Json.object());
    }

    private Json.Members ask(String command, Json.Members arguments) throws IOException {
        try {
            return admin.call(command, arguments);
        } catch (AdminRefusedException e) {
            throw new IOException("the gateway refused `" + command + "`: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
