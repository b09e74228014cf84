package dev.interlock.system;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A gateway in front of an organisation's own service: {@code sam} has an agent, {@code ann} confirms. Everything is
 * made by people's commands, and queried with curl.
 */
final class ServiceGatewayInstallation implements AutoCloseable {

    /** A policy under which agents work in staging, and an owner confirms what they destroy. */
    static final String CONFIRMED = """
            @id("work")
            permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                    resource in Environment::"staging");
            @id("an-owner-may-let-an-agent-destroy")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            """;

    private final Path root;
    private final int port;
    private List<String> prefix = List.of();
    private Process gateway;
    private String lease;

    /** Returns an {@code interlock.yaml} of two owners and one agent, with {@code upstreams}. */
    static String organisation(String upstreams) {
        return """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                  ann: {groups: [owners], keys: ["ANN"]}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                """ + upstreams + """
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """;
    }

    /** A policy that permits {@code sam/bot} to read and write in staging at {@code upstreams}, without catalogs. */
    static Map<String, String> staging(String upstreams) {
        String yaml = """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                %stasks:
                  work: {environments: [staging], impacts: [read, write], ttl: 1h}
                """.formatted(upstreams);
        String cedar = """
                @id("work")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                """;
        return Map.of("interlock.yaml", yaml, "policy.cedar", cedar);
    }

    /** Makes a gateway before the example of a service, with one credential, which is not in the vault yet. */
    static ServiceGatewayInstallation beforeAShop(Path root, String address, String credential) throws Exception {
        return beforeAShop(root, address, credential, Map.of(), "");
    }

    /** Makes the same with secrets in its vault, and more lines in {@code gateway.yaml}. */
    static ServiceGatewayInstallation beforeAShop(
            Path root, String address, String credential, Map<String, String> secrets, String more) throws Exception {
        Map<String, String> policy = new HashMap<>(staging("""
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: %s
                    resources:
                      "shop:order/o-1": {environments: [staging]}
                      "shop:order/o-2": {environments: [staging]}
                """.formatted(address, credential)));
        policy.put("catalogs/shop.yaml", Catalogs.example("rest"));
        return new ServiceGatewayInstallation(root, policy, secrets, more);
    }

    /**
     * Makes it, and does not start it yet.
     *
     * @param policy the files of the policy directory; {@code SAM} and {@code ANN} stand for their keys
     * @param secrets the secrets to put into the vault, by name
     */
    ServiceGatewayInstallation(Path root, Map<String, String> policy, Map<String, String> secrets) throws Exception {
        this(root, policy, secrets, "");
    }

    /** Creates the same with more lines in {@code gateway.yaml}. */
    ServiceGatewayInstallation(Path root, Map<String, String> policy, Map<String, String> secrets, String more)
            throws Exception {
        this.root = root;
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        port = Programs.freePort();
        Files.writeString(config(), """
                origin: system-test.interlock.example/own
                listen: 127.0.0.1:%d
                data: data
                run: run
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: off
                %s
                """.formatted(port, System.getProperty("user.name"), key("sealer"), more));
        String sam = key("sam");
        String ann = key("ann");
        for (Map.Entry<String, String> file : policy.entrySet()) {
            // The placeholders are replaced with their quotes, because the letters alone may occur in any key.
            String text = file.getValue().replace("\"SAM\"", '"' + sam + '"').replace("\"ANN\"", '"' + ann + '"');
            write(file.getKey(), text);
        }
        Files.createDirectory(
                root.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectory(root.resolve("run"));
        for (Map.Entry<String, String> secret : secrets.entrySet()) {
            Programs.store(config(), secret.getKey(), secret.getValue());
        }
    }

    /** Writes one file of the policy directory, and does not seal it. */
    void write(String name, String text) throws IOException {
        Path file = root.resolve("policy").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    Programs.ProgramResult seal() throws Exception {
        return interlock(
                "",
                "seal",
                "--config=" + config(),
                "--key=" + root.resolve("sealer"),
                root.resolve("policy").toString());
    }

    void up() throws Exception {
        up(List.of());
    }

    /** Starts it with more options of the JVM. */
    void up(List<String> options) throws Exception {
        start(options, true);
        issue();
    }

    /** Starts it once more; its agent keeps its lease. */
    void upAgain() throws Exception {
        start(List.of(), true);
    }

    /** Starts it while no seal can be in force: it answers only people. */
    void upUnsealed() throws Exception {
        start(List.of(), false);
    }

    /** Kills it with {@code kill -9}, and starts it again; its leases stay. */
    void crash() throws Exception {
        gateway.destroyForcibly().onExit().join();
        start(List.of(), true);
    }

    /** Starts it where it cannot serve yet, until it says that it waits because of {@code reason}. */
    void standBy(String reason) throws Exception {
        launch(List.of());
        Programs.await("the gateway waits", () -> {
            try {
                admin().call("status", Json.object());
                return false;
            } catch (IOException _) {
                return false;
            } catch (AdminRefusedException e) {
                return String.valueOf(e.getMessage()).contains(reason);
            }
        });
    }

    private void start(List<String> options, boolean enforcing) throws Exception {
        launch(options);
        await(enforcing);
    }

    /** Has {@code command} start it from now on; it must turn into the gateway. */
    void startBy(List<String> command) {
        prefix = List.copyOf(command);
    }

    /** Starts it, and waits for nothing. */
    void launch(List<String> options) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(Programs.interlock(root, options, List.of("up", "--same-user", "--config=" + config())));
        gateway = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gateway.log").toFile())
                .start();
    }

    /** Waits until it answers, enforcing or not; one that stands by takes over first. */
    void await(boolean enforcing) throws Exception {
        Programs.await("the gateway answers", () -> {
            if (!gateway.isAlive()) {
                throw new AssertionError(log());
            }
            try {
                return admin().call("status", Json.object()).flag("enforcing") == enforcing;
            } catch (IOException e) {
                return false;
            } catch (AdminRefusedException e) {
                if (e.kind().equals("standby")) {
                    return false;
                }
                throw e;
            }
        });
    }

    /** Gives its agent a new lease. */
    void issue() throws Exception {
        lease = admin().call(
                        "lease.issue", Json.object().with("agent", "sam/bot").with("task", "work"))
                .text("token");
    }

    /** The gateway's process. */
    ProcessHandle process() {
        return gateway.toHandle();
    }

    /** Ends it as a person would: started publications are completed, and can be verified. */
    void down() {
        if (gateway != null) {
            gateway.destroy();
            gateway.onExit().join();
        }
    }

    String log() throws IOException {
        return Files.readString(root.resolve("gateway.log"));
    }

    int port() {
        return port;
    }

    /** Returns the token of its agent's lease. */
    String lease() {
        return lease;
    }

    /** Runs a policy tool on the directory and on past calls. */
    Programs.ProgramResult policy(String tool) throws Exception {
        return policy(tool, root.resolve("policy").toString());
    }

    /** Runs a policy tool on {@code subject}, a directory or a receipt. */
    Programs.ProgramResult policy(String tool, String subject) throws Exception {
        return interlock("", "policy", tool, "--config=" + config(), subject);
    }

    /** Returns the output of {@code curl}: the answer's body, and its status on a line of its own. */
    String curl(String method, String target, String... more) throws Exception {
        return curlUnder(lease, method, target, more);
    }

    /** Runs the same under another lease. */
    String curlUnder(String token, String method, String target, String... more) throws Exception {
        return curlAt(port, token, method, target, more);
    }

    /** Runs the same at another port of this machine. */
    static String curlAt(int port, String token, String method, String target, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "50", "-X", method));
        command.addAll(List.of("-H", "Authorization: Bearer " + token, "-w", "\n%{http_code}"));
        command.addAll(List.of(more));
        command.add("http://127.0.0.1:" + port + target);
        return Programs.run(command, "").expect(0).out();
    }

    /** Returns the token of a lease that is derived as {@code asked} describes. */
    String derive(String asked) throws Exception {
        String given = curl("POST", "/.interlock/leases", json(asked));
        Matcher token = Pattern.compile("\"token\":\"([^\"]+)\"").matcher(given);
        if (!token.find()) {
            throw new AssertionError("no lease in: " + given);
        }
        return token.group(1);
    }

    static String[] json(String body) {
        return new String[] {"-H", "Content-Type: application/json", "--data-raw", body};
    }

    /** Returns the hold that {@code answer} names, as a person sees it. */
    Json.Members hold(String answer) throws Exception {
        return admin().call("hold.show", Json.object().with("hold", holdIn(answer)));
    }

    /** Signs the hold of {@code answer} as {@code person}. */
    void sign(String answer, String person) throws Exception {
        signAt(this, answer, person);
    }

    /** Signs it at another gateway, with the keys of this one's people. */
    void signAt(ServiceGatewayInstallation other, String answer, String person) throws Exception {
        List<String> command = List.of(
                "ssh-keygen", "-q", "-Y", "sign", "-f", root.resolve(person).toString(), "-n", "interlock-confirm@v1");
        String signature = Programs.run(command, other.hold(answer).text("statement"))
                        .expect(0)
                        .out()
                + "\n";
        other.admin()
                .call("hold.sign", Json.object().with("hold", holdIn(answer)).with("signature", signature));
    }

    private static String holdIn(String answer) {
        Matcher hold = Pattern.compile("\"hold\":\"(H-[0-9A-Z]+)\"").matcher(answer);
        if (!hold.find()) {
            throw new AssertionError("no hold in: " + answer);
        }
        return hold.group(1);
    }

    String key(String person) throws Exception {
        String file = root.resolve(person).toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", file), "")
                .expect(0);
        return Files.readString(Path.of(file + ".pub")).strip();
    }

    Path config() {
        return root.resolve("gateway.yaml");
    }

    AdminClient admin() {
        return AdminClient.at(root.resolve("run/admin.sock"));
    }

    Programs.ProgramResult interlock(String input, String... arguments) throws Exception {
        List<String> all = List.of(arguments);
        return Programs.runsHere(all, input) ? Programs.runHere(all) : Programs.run(command(arguments), input);
    }

    /** Runs a command in a terminal of its own and follows {@code steps}; see {@code terminal.py}. */
    Json.Members atATerminal(String steps, String... arguments) throws Exception {
        return Programs.atATerminal(root, steps, command(arguments));
    }

    private ProcessBuilder command(String... arguments) {
        ProcessBuilder command = new ProcessBuilder(Programs.interlock(root, List.of(arguments)));
        command.environment().put("XDG_STATE_HOME", root.resolve("state").toString());
        return command;
    }

    @Override
    public void close() {
        down();
    }
}
