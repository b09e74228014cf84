package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Tests agents on other machines with curl and a certificate, and those who have not both. */
@Timeout(300)
@Tag("process")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the first two need most of an address's handshakes
final class RemoteMachineTest {

    private static final String NAME = "gateway.example.com";

    /** As in {@code AddressHandshakes}. */
    private static final int UNFINISHED = 16;

    /** As in {@code RemoteConnections}. */
    private static final int OF_ONE_MACHINE = 64;

    /** The front closes connections that are idle for twice as long. */
    private static final int PATIENCE_MILLIS = 30_000;

    private static Installation installation;

    private static int added;

    @BeforeAll
    static void open() throws Exception {
        assumeTrue(Programs.has("curl"), "curl is not installed");
        assumeTrue(Programs.has("openssl"), "openssl is not installed");
        installation = Installation.openAtTheProvidersAddressWithRemoteListener(NAME);
    }

    @AfterAll
    static void close() throws Exception {
        if (installation != null) {
            installation.close();
        }
    }

    /** A machine that was added. */
    private record Machine(String id, Path files) {

        List<String> identity() {
            return List.of(
                    "--cert",
                    files.resolve("certificate.pem").toString(),
                    "--key",
                    files.resolve("key.pem").toString());
        }
    }

    /** What curl says: its own exit code, and the answer with its status, if there is one. */
    private record Answer(int exit, int status, String body) {

        String kind() {
            return json().text("kind");
        }

        Json.Members json() {
            return Json.readObject(body.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Machine added(String name, String... more) throws Exception {
        Path files = installation.root().resolve(name + ++added);
        List<String> command = new ArrayList<>(
                List.of("remote", "add", "jer/cursor", "--task=fix-staging", "--out=" + files, "--json"));
        command.addAll(List.of(more));
        String out = installation.interlock(command, "").expect(0).out();
        assertThat(out).doesNotContain("PRIVATE");
        return new Machine(Json.readObject(out.getBytes(StandardCharsets.UTF_8)).text("machine"), files);
    }

    private Answer curl(List<String> launcher, Path trusted, List<String> options, String target) throws Exception {
        List<String> command = new ArrayList<>(launcher);
        command.addAll(List.of("curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}"));
        command.addAll(List.of("--cacert", trusted.resolve("gateway.pem").toString()));
        command.addAll(options);
        command.add(target);
        Programs.ProgramResult ended = Programs.run(command, "");
        int line = ended.out().lastIndexOf('\n');
        return new Answer(
                ended.exit(),
                Integer.parseInt(ended.out().substring(line + 1)),
                line < 0 ? "" : ended.out().substring(0, line));
    }

    private Answer curl(Path trusted, List<String> options, String path) throws Exception {
        List<String> all = new ArrayList<>(List.of("--resolve", NAME + ":" + installation.remotePort() + ":127.0.0.1"));
        all.addAll(options);
        return curl(List.of(), trusted, all, "https://" + NAME + ":" + installation.remotePort() + path);
    }

    private Answer lease(Machine machine) throws Exception {
        return curl(machine.files(), with(machine.identity(), "--json", "{}"), "/.interlock/leases");
    }

    private String token(Machine machine) throws Exception {
        Answer answer = lease(machine);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        return answer.json().text("token");
    }

    private Answer read(Machine machine, String token) throws Exception {
        return curl(machine.files(), reading(machine.identity(), token), "/railway/graphql/v2");
    }

    private static List<String> reading(List<String> identity, String token) {
        return with(
                identity,
                "-H",
                "Authorization: Bearer " + token,
                "--json",
                Json.object().with("query", Agent.read()).canonicalText());
    }

    private static List<String> with(List<String> first, String... more) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return all;
    }

    private int onLoopback(String token) throws Exception {
        try (Agent agent = new Agent(installation.port(), token)) {
            return agent.ask(Agent.read()).status();
        }
    }

    @Test
    void aMachineTakesALeaseByItsCertificateAndCalls() throws Exception {
        Machine machine = added("runner");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(machine.files().resolve("key.pem"))))
                .isEqualTo("rw-------");
        Answer lease = lease(machine);
        assertThat(lease.json().text("agent")).isEqualTo("jer/cursor");
        assertThat(lease.json().flag("bound")).isTrue();
        Answer read = read(machine, lease.json().text("token"));
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.json().get("data")).isPresent();
        Answer child = curl(
                machine.files(),
                with(
                        machine.identity(),
                        "-H",
                        "Authorization: Bearer " + lease.json().text("token"),
                        "--json",
                        "{\"impacts\": [\"read\"]}"),
                "/.interlock/leases");
        assertThat(read(machine, child.json().text("token")).status()).isEqualTo(200);
        assertThat(curl(machine.files(), with(machine.identity(), "--json", "{\"ttl\": \"1m\"}"), "/.interlock/leases")
                        .kind())
                .isEqualTo("not_understood");

        Json.Members receipt = installation.receipts().stream()
                .filter(one -> one.optionalText("entrance").equals(Optional.of("remote")))
                .filter(one -> one.optionalText("peer").equals(Optional.of(machine.id())))
                .findFirst()
                .orElseThrow();
        assertThat(receipt.text("command")).isEqualTo("lease.issue");
        verifyEvidence();
        assertThat(installation.receipts().toString() + installation.said()).doesNotContain("ilk_");
        assertThat(installation
                        .interlock(List.of("remote", "list"), "")
                        .expect(0)
                        .out())
                .contains(machine.id(), "jer/cursor");
    }

    @Test
    void theDoctorIsRefusedAsAStranger() throws Exception {
        List<Json.Members> found = doctor(installation.configuration());
        assertThat(found).allMatch(one -> one.flag("met"));
        assertThat(found)
                .extracting(one -> one.text("name"))
                .containsExactly(
                        "certificate for " + NAME, "without a certificate", "with another authority's certificate");
    }

    /** What answers has the gateway's own certificate, and lets everybody in. */
    @Test
    void theDoctorFindsAListenerThatAnswersStrangers() throws Exception {
        Path data = installation.root().resolve("data");
        int port = Programs.freePort();
        Path files = Files.createDirectory(installation.root().resolve("impostor"));
        Files.writeString(files.resolve("names"), "subjectAltName=DNS:" + NAME + "\n");
        Programs.run(
                        List.of(
                                "sh",
                                "-ec",
                                "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gateway -keyout $0/key"
                                        + " -out $0/request && openssl x509 -req -days 1 -in $0/request -CA $1/remote.pem"
                                        + " -CAkey $1/remote.key -CAcreateserial -CAserial $0/serial -extfile $0/names"
                                        + " -out $0/certificate",
                                files.toString(),
                                data.toString()),
                        "")
                .expect(0);
        Process impostor = new ProcessBuilder(
                        "openssl",
                        "s_server",
                        "-www",
                        "-tls1_3",
                        "-accept",
                        "127.0.0.1:" + port,
                        "-cert",
                        files.resolve("certificate").toString(),
                        "-key",
                        files.resolve("key").toString())
                .redirectErrorStream(true)
                .redirectOutput(files.resolve("out").toFile())
                .start();
        try {
            Programs.await(
                    "it listens", () -> Files.readString(files.resolve("out")).contains("ACCEPT"));
            Path other = Files.writeString(
                    installation.configuration().resolveSibling("other.yaml"),
                    Files.readString(installation.configuration())
                            .replace(":" + installation.remotePort(), ":" + port));
            List<Json.Members> found = doctor(other);
            assertThat(found)
                    .as(found.toString())
                    .extracting(one -> one.flag("met"))
                    .containsExactly(true, false, false);
        } finally {
            impostor.destroyForcibly().waitFor();
        }
    }

    private List<Json.Members> doctor(Path configuration) throws Exception {
        Programs.ProgramResult told = Programs.run(
                Programs.interlock(installation.root(), List.of("doctor", "--json", "--config=" + configuration)), "");
        return Json.readObject(told.out().getBytes(StandardCharsets.UTF_8)).objects("remote");
    }

    /** A lease that a machine took is a lease like any other, also to a stranger who reads the log. */
    private void verifyEvidence() throws Exception {
        List<String> command =
                new ArrayList<>(List.of("verify", installation.ledger().toString(), "--json"));
        command.addAll(List.of("--vkey", installation.logKey()));
        command.addAll(
                List.of("--seal", installation.root().resolve("data/seal.json").toString()));
        command.addAll(List.of(
                "--seal-key",
                Files.readString(Path.of(installation.key("sealer") + ".pub")).strip()));
        assertThat(installation.interlock(command, "").expect(0).out())
                .contains("\"records_sound\":true", "\"confirmed_actions_signed\":\"yes\"");
    }

    @Test
    @Tag("promise")
    void aStolenLeaseIsWorthlessWithoutTheKeyOfItsMachine() throws Exception {
        Machine machine = added("runner");
        Machine other = added("other");
        String token = token(machine);
        assertThat(onLoopback(token)).isEqualTo(403);
        Answer elsewhere = read(other, token);
        assertThat(elsewhere.status()).isEqualTo(403);
        assertThat(elsewhere.body()).contains("bound to the certificate of another machine");
        assertThat(read(machine, token).status()).isEqualTo(200);
    }

    @Test
    void aBareLeaseWorksOnTheGatewaysOwnMachineOnly() throws Exception {
        Machine machine = added("runner");
        String bare = installation.lease();
        Answer answer = read(machine, bare);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("accepted on the gateway's own machine only");
        assertThat(onLoopback(bare)).isEqualTo(200);
        assertThat(curl(
                                machine.files(),
                                with(machine.identity(), "-H", "Authorization: Bearer " + bare, "--json", "{}"),
                                "/.interlock/leases")
                        .status())
                .isEqualTo(403);
    }

    @Test
    @Tag("promise")
    void otherClientsEndInTheHandshake() throws Exception {
        Machine machine = added("runner");
        String token = token(machine);
        Path foreign = Files.createDirectory(installation.root().resolve("foreign"));
        FrontCertificate.in(foreign, "machine");
        try (SSLSocket stranger = connected(context(machine.files(), new KeyManager[0]))) {
            assertThatThrownBy(() -> stranger.getInputStream().read())
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("alert");
        }
        assertEnded(curl(machine.files(), reading(List.of(), token), "/railway/graphql/v2"));
        assertEnded(curl(
                machine.files(),
                reading(
                        List.of(
                                "--cert", foreign.resolve("front.pem").toString(),
                                "--key", foreign.resolve("front.key").toString()),
                        token),
                "/railway/graphql/v2"));
        assertEnded(curl(
                machine.files(), reading(with(machine.identity(), "--tls-max", "1.2"), token), "/railway/graphql/v2"));
        int receipts = installation.receipts().size();
        Answer plain = curl(
                List.of(),
                machine.files(),
                reading(List.of(), token),
                "http://127.0.0.1:" + installation.remotePort() + "/railway/graphql/v2");
        assertThat(plain.status()).isEqualTo(400);
        assertThat(plain.body()).contains("This port expects TLS");
        assertThat(installation.receipts())
                .as("nothing is recorded for strangers")
                .hasSize(receipts);
        assertThat(read(machine, token).status()).isEqualTo(200);
    }

    /** Who sends a request before the refusal has come may learn of it while it sends: curl's exit code 55. */
    private static void assertEnded(Answer answer) {
        assertThat(answer.exit()).as(answer.toString()).isIn(18, 35, 52, 55, 56);
        assertThat(answer.status()).isZero();
    }

    @Test
    void anEndedMachineIsCutOffAndStaysEnded() throws Exception {
        Machine machine = added("runner");
        Machine other = added("other");
        String token = token(machine);
        SSLContext client = context(machine.files());
        try (SSLSocket open = connected(client)) {
            assertThat(status(open, token)).contains(" 200 ");
            installation
                    .interlock(List.of("remote", "end", machine.id(), "--reason=lost"), "")
                    .expect(0);
            assertThat(isCut(open)).isTrue();
        }
        assertThat(isAnswered(client, token))
                .as("the client offers its session again")
                .isFalse();
        assertEnded(read(machine, token));
        assertThat(onLoopback(token)).isEqualTo(403);
        assertThat(lease(other).status()).isEqualTo(201);

        installation.kill();
        installation.up(List.of());
        assertEnded(lease(machine));
        assertThat(lease(other).status()).isEqualTo(201);
    }

    /** The new certificate is copied later, and until then nothing stops. */
    @Test
    void aRenewedMachineKeepsItsKeyAndItsLeases() throws Exception {
        Machine machine = added("runner", "--lasting=2d");
        String token = token(machine);
        Path files = installation.root().resolve("renewed");
        installation
                .interlock(List.of("remote", "renew", machine.id(), "--lasting=3d", "--out=" + files), "")
                .expect(0);
        try (Stream<Path> made = Files.list(files)) {
            assertThat(made)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder("certificate.pem", "gateway.pem");
        }
        assertThat(read(machine, token).status()).isEqualTo(200);
        Files.copy(machine.files().resolve("key.pem"), files.resolve("key.pem"));
        Machine renewed = new Machine(machine.id(), files);
        assertThat(read(renewed, token).status()).isEqualTo(200);
        Json.Members status = Json.readObject(installation
                        .interlock(List.of("status", "--json"), "")
                        .expect(0)
                        .out()
                        .getBytes(StandardCharsets.UTF_8))
                .object("remote");
        assertThat(status.text("listens")).endsWith(":" + installation.remotePort());
        assertThat(status.whole("machines")).isPositive();
        installation.interlock(List.of("remote", "end", machine.id()), "").expect(0);
        assertEnded(read(machine, token));
        assertEnded(read(renewed, token));
    }

    @Test
    void aMachineEndsWithItsCertificate() throws Exception {
        Machine machine = added("runner", "--lasting=12s");
        String token = token(machine);
        SSLContext client = context(machine.files());
        try (SSLSocket open = connected(client)) {
            assertThat(status(open, token)).contains(" 200 ");
            assertThat(isCut(open)).isTrue();
        }
        assertThat(isAnswered(client, token)).isFalse();
        assertEnded(lease(machine));
    }

    @Test
    void aKillStopsAMachine() throws Exception {
        Machine machine = added("runner");
        String token = token(machine);
        SSLContext client = context(machine.files());
        String kill;
        try (SSLSocket open = connected(client)) {
            assertThat(status(open, token)).contains(" 200 ");
            kill = Json.readObject(installation
                            .interlock(List.of("kill", "--agent=jer/cursor", "--json"), "")
                            .expect(0)
                            .out()
                            .getBytes(StandardCharsets.UTF_8))
                    .text("kill");
            assertThat(isCut(open)).isTrue();
        }
        assertThat(read(machine, token).kind()).isEqualTo("denied");
        assertThat(lease(machine).kind()).isEqualTo("denied");
        installation
                .interlock(List.of("kill", "--lift=" + kill, "--key=" + installation.key("ann")), "")
                .expect(0);
        assertThat(read(machine, token).status()).as("nothing comes back").isEqualTo(403);
    }

    @Test
    void theEndOfALeaseClosesItsConnections() throws Exception {
        Machine machine = added("runner");
        Json.Members lease = lease(machine).json();
        try (SSLSocket open = connected(context(machine.files()))) {
            assertThat(status(open, lease.text("token"))).contains(" 200 ");
            installation.admin("lease.revoke", Json.object().with("lease", lease.text("lease")));
            assertThat(isCut(open)).isTrue();
        }
        assertThat(read(machine, lease.text("token")).status()).isEqualTo(403);
        assertThat(read(machine, token(machine)).status()).isEqualTo(200);
    }

    @Test
    void aMachineIsAddedOnlyForWhatNeedsNoSignature() throws Exception {
        Path files = installation.root().resolve("runner");
        Programs.ProgramResult refused = installation.interlock(
                List.of("remote", "add", "jer/cursor", "--task=fix-staging", "--env=production", "--out=" + files), "");
        assertThat(refused.exit()).isNotZero();
        assertThat(refused.err()).contains("protected environment `production`");
        assertThat(files).doesNotExist();
    }

    @Test
    void thePrivateKeyMayStayOnItsMachine() throws Exception {
        Path key = installation.root().resolve("own.key");
        Path half = installation.root().resolve("own.pub");
        Programs.run(
                        List.of(
                                "openssl",
                                "genpkey",
                                "-algorithm",
                                "EC",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-out",
                                key.toString()),
                        "")
                .expect(0);
        Programs.run(List.of("openssl", "pkey", "-in", key.toString(), "-pubout", "-out", half.toString()), "")
                .expect(0);
        Machine machine = added("runner", "--public-key=" + half);
        assertThat(machine.files().resolve("key.pem")).doesNotExist();
        Answer lease = curl(
                machine.files(),
                List.of(
                        "--cert",
                        machine.files().resolve("certificate.pem").toString(),
                        "--key",
                        key.toString(),
                        "--json",
                        "{}"),
                "/.interlock/leases");
        assertThat(lease.status()).isEqualTo(201);
    }

    /** The agent has a network of its own, as in a container: no loopback of the gateway, another address. */
    @Test
    void anAgentInANetworkOfItsOwnCalls() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")) && Programs.has("ip"), "root and ip are needed");
        Machine machine = added("runner");
        String namespace = "ilk" + ProcessHandle.current().pid();
        try {
            ip("netns", "add", namespace);
            ip("link", "add", namespace + "a", "type", "veth", "peer", "name", namespace + "b");
            ip("link", "set", namespace + "b", "netns", namespace);
            ip("addr", "add", "10.213.77.1/30", "dev", namespace + "a");
            ip("link", "set", namespace + "a", "up");
            ip("-n", namespace, "addr", "add", "10.213.77.2/30", "dev", namespace + "b");
            ip("-n", namespace, "link", "set", namespace + "b", "up");
            List<String> inside = List.of("ip", "netns", "exec", namespace);
            List<String> there = List.of("--resolve", NAME + ":" + installation.remotePort() + ":10.213.77.1");
            String address = "https://" + NAME + ":" + installation.remotePort();
            List<String> asking = new ArrayList<>(there);
            asking.addAll(with(machine.identity(), "--json", "{}"));
            Answer lease = curl(inside, machine.files(), asking, address + "/.interlock/leases");
            assertThat(lease.status()).as(lease.body()).isEqualTo(201);
            List<String> calling = new ArrayList<>(there);
            calling.addAll(reading(machine.identity(), lease.json().text("token")));
            assertThat(curl(inside, machine.files(), calling, address + "/railway/graphql/v2")
                            .status())
                    .isEqualTo(200);
            List<String> loopback = reading(List.of(), installation.lease());
            Answer plain = curl(
                    inside,
                    machine.files(),
                    loopback,
                    "http://10.213.77.1:" + installation.port() + "/railway/graphql/v2");
            assertThat(plain.exit()).as("the other listener stays on loopback").isEqualTo(7);
        } finally {
            Programs.run(List.of("ip", "link", "del", namespace + "a"), "");
            Programs.run(List.of("ip", "netns", "del", namespace), "");
        }
    }

    /** Nothing is known yet of such a client, so it may cost little. */
    @Test
    @Order(1)
    void anAddressCannotHoldManyUnfinishedHandshakes() throws Exception {
        Machine machine = added("runner");
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i <= UNFINISHED; i++) {
                silent.add(new Socket("127.0.0.1", installation.remotePort()));
            }
            // Which one it is depends on the gateway's threads: they are taken on by several at a time.
            List<Socket> closed = new ArrayList<>();
            Programs.await("one of them is closed at once", () -> {
                closed.addAll(
                        silent.stream().filter(RemoteMachineTest::isClosed).toList());
                return !closed.isEmpty();
            });
            assertThat(closed).hasSize(1);
            silent.removeAll(closed);
            assertThat(silent).noneMatch(RemoteMachineTest::isClosed);
            assertEnded(lease(machine));
            silent.removeLast().close();
            Programs.await("a place is free", () -> lease(machine).status() == 201);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(10);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true; // reset
        }
    }

    @Test
    @Order(2)
    void aMachineCannotTakeTheConnectionsOfOthers() throws Exception {
        Machine machine = added("runner");
        Machine other = added("other");
        String token = token(machine);
        SSLContext client = context(machine.files());
        List<SSLSocket> open = new ArrayList<>();
        try {
            for (int i = 0; i < OF_ONE_MACHINE; i++) {
                SSLSocket socket = connected(client);
                open.add(socket);
                assertThat(status(socket, token)).contains(" 200 ");
            }
            assertThat(isAnswered(client, token)).isFalse();
            assertThat(lease(other).status()).isEqualTo(201);
        } finally {
            for (SSLSocket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void theListenerIsAProxyToo() throws Exception {
        Path authority = installation.root().resolve("run/authority.pem");
        Programs.await("the authority is there", () -> Files.exists(authority));
        Machine machine = added("runner");
        String proxy = "https://" + NAME + ":" + installation.remotePort();
        List<String> through = new ArrayList<>(
                List.of("--resolve", NAME + ":" + installation.remotePort() + ":127.0.0.1", "--proxy", proxy));
        through.addAll(
                List.of("--proxy-cacert", machine.files().resolve("gateway.pem").toString()));
        through.addAll(List.of("--cacert", authority.toString()));
        through.addAll(List.of("--proxy-user", "lease:" + token(machine)));
        String query = Json.object().with("query", Agent.read()).canonicalText();
        String target = "https://" + TestingRailway.HOST + "/graphql/v2";
        List<String> known = new ArrayList<>(through);
        known.addAll(List.of(
                "--proxy-cert", machine.files().resolve("certificate.pem").toString()));
        known.addAll(List.of("--proxy-key", machine.files().resolve("key.pem").toString()));
        Answer answer = curl(List.of(), machine.files(), with(known, "--json", query), target);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertEnded(curl(List.of(), machine.files(), with(through, "--json", query), target));
    }

    private static void ip(String... arguments) throws Exception {
        Programs.run(with(List.of("ip"), arguments), "").expect(0);
    }

    private SSLSocket connected(SSLContext client) throws IOException {
        Socket plain = new Socket("127.0.0.1", installation.remotePort());
        SSLSocket socket =
                (SSLSocket) client.getSocketFactory().createSocket(plain, NAME, installation.remotePort(), true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.startHandshake();
        return socket;
    }

    private boolean isAnswered(SSLContext client, String token) {
        try (SSLSocket socket = connected(client)) {
            return status(socket, token).startsWith("HTTP/");
        } catch (IOException e) {
            return false;
        }
    }

    private String status(SSLSocket socket, String token) throws IOException {
        String body = Json.object().with("query", Agent.read()).canonicalText();
        String request = "POST /railway/graphql/v2 HTTP/1.1\r\nHost: " + NAME + ":" + installation.remotePort()
                + "\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] begun = socket.getInputStream().readNBytes(13);
        return new String(begun, StandardCharsets.US_ASCII);
    }

    /** Returns whether the connection ends, sooner than one that is idle. */
    private static boolean isCut(SSLSocket socket) {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static SSLContext context(Path files) throws Exception {
        return context(files, keys(files));
    }

    private static KeyManager[] keys(Path files) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry("machine", key(files.resolve("key.pem")), new char[0], new Certificate[] {
            certificate(files.resolve("certificate.pem"))
        });
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, new char[0]);
        return keys.getKeyManagers();
    }

    private static SSLContext context(Path files, KeyManager[] keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("gateway", certificate(files.resolve("gateway.pem")));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    private static Certificate certificate(Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static PrivateKey key(Path file) throws Exception {
        String base64 = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }
}
