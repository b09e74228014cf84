package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Tests the firewall of docs/agents.md, exactly as written, in a network namespace with a gateway on its loopback and a
 * simulated internet behind its only link; and {@code doctor} as the agent's user in it.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class RecipeTest {

    private static final Path PAGE = Path.of("..", "docs", "agents.md");
    private static final Pattern TABLE = Pattern.compile("(?s)```nft\n(.*?)```");
    private static final Pattern STARTER = Pattern.compile("(?s)```sh\n(setpriv .*?--) ");

    /** The addresses of the simulated internet: common first guesses, and those of two clouds. */
    private static final List<String> WORLD =
            List.of("1.1.1.1", "8.8.8.8", "9.9.9.9", "169.254.169.254", "169.254.170.2", "fd00:ec2::254");

    private final String here = "ilk-here-" + ProcessHandle.current().pid();
    private final String world = "ilk-world-" + ProcessHandle.current().pid();
    private final List<Process> listeners = new ArrayList<>();
    private Installation installation;

    @BeforeAll
    void open() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root makes network namespaces");
        for (String tool : List.of("setpriv", "socat")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        for (String tool : List.of("ip", "nft")) { // in directories that are not on every user's path
            assumeTrue(Files.exists(Path.of("/usr/sbin", tool)) || Programs.has(tool), "needs " + tool);
        }
        assumeTrue(run("ip", "netns", "add", here).exit() == 0, "no network namespaces can be made here");
        run("ip", "netns", "add", world).expect(0);
        assumeTrue(in(here, "nft", "list", "ruleset").exit() == 0, "this kernel has no nftables");
        lay();
        installation = Installation.open(false, List.of("sh", "-c", "ip netns exec " + here + " \"$@\"; exit", "sh"));
    }

    private void lay() throws Exception {
        run("ip", "link", "add", "near", "netns", here, "type", "veth", "peer", "name", "far", "netns", world)
                .expect(0);
        for (String[] end : new String[][] {{here, "near", "1"}, {world, "far", "2"}}) {
            in(end[0], "ip", "link", "set", "lo", "up").expect(0);
            in(end[0], "ip", "link", "set", end[1], "up").expect(0);
            in(end[0], "ip", "addr", "add", "10.213.0." + end[2] + "/24", "dev", end[1])
                    .expect(0);
            in(end[0], "ip", "addr", "add", "fd13::" + end[2] + "/64", "dev", end[1], "nodad")
                    .expect(0);
        }
        in(here, "ip", "route", "add", "default", "via", "10.213.0.2").expect(0);
        in(here, "ip", "-6", "route", "add", "default", "via", "fd13::2").expect(0);
        for (String address : WORLD) {
            in(world, "ip", "addr", "add", address, "dev", "lo").expect(0);
        }
        for (String port : List.of("80", "443")) {
            listen("TCP6-LISTEN:" + port + ",fork,reuseaddr,ipv6only=0", "EXEC:true");
        }
        listen("UDP4-RECVFROM:53,fork", "EXEC:cat");
        for (String port : List.of("80", "443")) {
            Programs.await(
                    "the world listens at " + port,
                    () -> in(here, "socat", "-u", "OPEN:/dev/null", "TCP4:1.1.1.1:" + port + ",connect-timeout=1")
                                    .exit()
                            == 0);
        }
    }

    private void listen(String what, String then) throws IOException {
        listeners.add(new ProcessBuilder("ip", "netns", "exec", world, "socat", what, then)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    @AfterAll
    void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
        for (Process listener : listeners) {
            listener.destroy();
            listener.waitFor();
        }
        run("ip", "netns", "del", here);
        run("ip", "netns", "del", world);
    }

    private static Programs.ProgramResult run(String... command) throws Exception {
        return Programs.run(List.of(command), "");
    }

    private static Programs.ProgramResult in(String namespace, String... command) throws Exception {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        return Programs.run(all, "");
    }

    private static String page(Pattern what) throws IOException {
        Matcher found = what.matcher(Files.readString(PAGE));
        assertThat(found.find()).as("docs/agents.md has its recipe").isTrue();
        return found.group(1);
    }

    /** Returns the page's table, for the port of this gateway. */
    private String table() throws IOException {
        String table = page(TABLE);
        assertThat(table).contains("dport 7411 ");
        return table.replace("dport 7411 ", "dport " + installation.port() + " ");
    }

    private void enforce(String table) throws Exception {
        in(here, "nft", "flush", "ruleset").expect(0);
        Path file = Files.writeString(installation.root().resolve("walls.nft"), table);
        in(here, "nft", "-f", file.toString()).expect(0);
    }

    private Programs.ProgramResult doctor(List<String> starter) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("doctor", "--as-agent", "--here", "--json", "--agent", "jer/cursor"));
        command.addAll(List.of("--task", "fix-staging", "--uid", "61234"));
        if (!starter.isEmpty()) {
            command.add("--");
            command.addAll(starter);
        }
        return installation.interlockIn(List.of("ip", "netns", "exec", here), command);
    }

    private static Set<String> open(Programs.ProgramResult ended) {
        Json.Members report = Json.readObject(ended.out().strip().getBytes(StandardCharsets.UTF_8));
        Set<String> open = new TreeSet<>();
        report.objects("checks").stream()
                .filter(check -> !check.get("blocked").orElseThrow().equals(new Json.Flag(true)))
                .forEach(check -> open.add(check.text("name")));
        return open;
    }

    /** Returns the attacks that, as the page says, a firewall does not see. */
    private static Set<String> beyondAFirewall() {
        return Files.exists(Path.of("/dev/vsock")) ? Set.of("vsock") : Set.of();
    }

    @Test
    void theTableLeavesOnlyTheGatewayReachable() throws Exception {
        enforce(table());
        Programs.ProgramResult ended = doctor(List.of());
        assertThat(open(ended)).isSubsetOf(beyondAFirewall());
        assertThat(ended.out() + ended.err() + installation.said()).doesNotContain("ilk_");
    }

    @Test
    void theDocumentedStartHasTheSameEffect() throws Exception {
        enforce(table());
        List<String> starter = List.of(page(STARTER).split("\\s+", -1));
        assertThat(open(doctor(starter))).isSubsetOf(beyondAFirewall());
        List<String> gaining = new ArrayList<>(starter);
        assertThat(gaining.remove("--no-new-privs")).isTrue();
        assertThat(open(doctor(gaining))).contains("capabilities");
        List<String> root = new ArrayList<>(starter);
        assertThat(root.removeIf(word -> word.startsWith("--reuid"))).isTrue();
        assertThat(open(doctor(root))).contains("tcp 10.213.0.1", "vault", "shadow");
    }

    /** Leaves out or weakens every deciding line of the table in turn. */
    @Test
    void everyLineOfTheTableIsNeeded() throws Exception {
        String table = table();
        String accept = line(table, " accept\n");
        String reject = line(table, " admin-prohibited\n");
        enforce(table.replace(reject, ""));
        assertThat(open(doctor(List.of())))
                .as("as without the table, everything is reachable")
                .contains(
                        "tcp 127.0.0.1",
                        "udp 127.0.0.1",
                        "tcp 10.213.0.1",
                        "dns 1.1.1.1",
                        "doh 1.1.1.1",
                        "doh 8.8.8.8",
                        "metadata 169.254.169.254",
                        "metadata 169.254.170.2",
                        "metadata fd00:ec2::254");
        enforce(table.replace(accept, ""));
        Programs.ProgramResult shut = doctor(List.of());
        assertThat(shut.exit()).isEqualTo(69);
        assertThat(shut.err()).contains("nothing is proved");
        enforce(table.replace(accept, accept.replace("tcp dport " + installation.port() + " ", "")));
        assertThat(open(doctor(List.of()))).contains("tcp 127.0.0.1", "udp 127.0.0.1");
        enforce(table.replace("table inet", "table ip").replace("icmpx", "icmp"));
        assertThat(open(doctor(List.of()))).contains("metadata fd00:ec2::254").doesNotContain("doh 1.1.1.1");
        enforce(table.replace(reject, reject.replace("61234", "61235")));
        assertThat(open(doctor(List.of()))).contains("doh 1.1.1.1");
        enforce(table.replaceFirst("type filter hook output [^\n]*\n", ""));
        assertThat(open(doctor(List.of()))).contains("doh 1.1.1.1");
    }

    private static String line(String table, String end) {
        int at = table.indexOf(end);
        assertThat(at).as("a line that ends with%s", end).isPositive();
        return table.substring(table.lastIndexOf('\n', at) + 1, at + end.length());
    }
}
