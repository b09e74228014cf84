package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.identity.KeyedFingerprints;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests request smuggling, before the servers that people use. Each server sees exactly the requests of the recorded
 * intents, one for one, by the digest of what the server itself read.
 */
@Timeout(300)
@Tag("process")
final class SmugglingTest {

    private static final int PATIENCE_MILLIS = 10_000;

    @TempDir
    private static Path root;

    private static ReferenceServers witnesses;
    private static ServiceGatewayInstallation house;
    private static SaltedDigests digests;
    private static HttpClient http;
    private static String last = "";
    private static int canaries;

    /** The number of checked lines of each server's log. */
    private static final Map<String, Integer> LOOKED_AT = new TreeMap<>();

    /** Requests that were decided and then cut off, and that the server has not seen: each may be seen late, once. */
    private static final Map<String, List<DelayedRequest>> LATE = new TreeMap<>();

    /** A request that may be seen late. */
    private record DelayedRequest(String digest) {

        boolean is(ReferenceServers.ParsedRequest one) {
            return one.hasDigest(digest, digests);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(ReferenceServers.installed(), "nginx and Node are not installed");
        // If the class runs again, its logs begin anew.
        LOOKED_AT.clear();
        LATE.clear();
        last = "";
        witnesses = new ReferenceServers(Files.createDirectory(root.resolve("witnesses")));
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        house = ReferenceServers.house(Files.createDirectory(root.resolve("house")), witnesses, "");
        digests = KeyedFingerprints.open(root.resolve("house/data/fingerprint.key"), new SecureRandom())
                .digests();
    }

    @AfterAll
    static void nothingMoreWasSeen() throws Exception {
        if (witnesses == null) {
            return;
        }
        try (ReferenceServers _ = witnesses;
                ServiceGatewayInstallation _ = house;
                HttpClient _ = http) {
            for (Map.Entry<String, Integer> server : LOOKED_AT.entrySet()) {
                List<ReferenceServers.ParsedRequest> all = witnesses.seen(server.getKey());
                List<DelayedRequest> late = late(server.getKey());
                assertThat(all.subList(server.getValue(), all.size())).allMatch(one -> takeOut(late, one));
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> http1() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String server : ReferenceServers.ALL) {
            for (SmugglingRequests.RawConnection raw : SmugglingRequests.all(server, host(), house.lease())) {
                tests.add(dynamicTest(server + ": " + name(raw.name()), () -> {
                    send(house.port(), raw.wire());
                    check(server, raw.decided(), false);
                }));
            }
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> http2() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String server : ReferenceServers.ALL) {
            for (StreamSmugglingRequests.Case one : StreamSmugglingRequests.all(server, host(), house.lease())) {
                tests.add(dynamicTest(server + ", HTTP/2: " + name(one.name()), () -> {
                    one.frames().send(house.port());
                    check(server, one.decided(), true);
                }));
            }
        }
        return tests.stream();
    }

    private static String host() {
        return "127.0.0.1:" + house.port();
    }

    private static String name(String text) {
        String shown = text.replace("\r", "\\r").replace("\n", "\\n").replaceAll("[^ -~]", "?");
        return shown.substring(0, Math.min(shown.length(), 90));
    }

    /** Sends all, ends its side, and reads until the other has ended too. */
    private static void send(int port, byte[] wire) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            try {
                socket.getOutputStream().write(wire);
                socket.shutdownOutput();
                InputStream in = socket.getInputStream();
                in.transferTo(OutputStream.nullOutputStream());
            } catch (java.net.SocketTimeoutException e) {
                throw new AssertionError("the connection was left open", e);
            } catch (IOException _) {
                // The server may disconnect here.
            }
        }
    }

    /**
     * Sends a read to the same server after each case: if bytes of the case remained on a connection, they would become
     * part of that read.
     *
     * @param mayBeCut whether the case may end its connection during an answer: a request that was decided on may be
     *     cut off then, before it is sent or while the server answers. The server sees no other request
     */
    private static void check(String server, int decided, boolean mayBeCut) throws Exception {
        String canary = "/items/i-canary-" + canaries++;
        HttpRequest read = HttpRequest.newBuilder(URI.create("http://" + host() + "/" + server + canary))
                .header("Authorization", "Bearer " + house.lease())
                .build();
        assertThat(http.send(read, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
        List<Json.Members> intents = new ArrayList<>();
        // What a case leaves undecided when it ends its connection may be decided behind the read.
        Programs.await("the intents of " + server, () -> intents.addAll(intents()) && intents.size() > decided);
        int from = LOOKED_AT.getOrDefault(server, 0);
        assertThat(intents).as("intents, the canary's among them").hasSize(decided + 1);
        List<String> decidedOn =
                intents.stream().map(intent -> intent.text("request_sha256")).toList();
        Programs.await("what left is seen by " + server, () -> {
            List<ReferenceServers.ParsedRequest> now = witnesses.seen(server);
            return mayBeCut
                    ? now.stream().anyMatch(one -> one.path().endsWith(canary))
                    : unseen(decidedOn, now.subList(from, now.size())).isEmpty()
                            || now.size() > from + decided + late(server).size();
        });
        List<ReferenceServers.ParsedRequest> all = witnesses.seen(server);
        LOOKED_AT.put(server, all.size());
        List<ReferenceServers.ParsedRequest> seen = all.subList(from, all.size());
        List<String> unseen = new ArrayList<>(decidedOn);
        List<DelayedRequest> late = late(server);
        for (ReferenceServers.ParsedRequest one : seen) {
            assertThat(takeOutSeen(unseen, one) || takeOut(late, one))
                    .as("%s", seen)
                    .isTrue();
        }
        if (mayBeCut) {
            unseen.forEach(digest -> late.add(new DelayedRequest(digest)));
        } else {
            assertThat(unseen).as("%s", seen).isEmpty();
        }
        LATE.put(server, late);
        assertThat(seen).allSatisfy(one -> {
            assertThat(one.method()).isNotEqualTo("DELETE");
            assertThat(one.header("authorization")).isEqualTo("Bearer the-real-one");
            assertThat(one.header("transfer-encoding")).isEmpty();
            if (!one.fault().isEmpty() && !one.isStreamed()) {
                assertThat(mayBeCut && !one.path().contains("canary"))
                        .as("%s", one)
                        .isTrue();
                assertThat(one.fault()).as("%s", one).isEqualTo("broken off");
            }
        });
    }

    private static List<DelayedRequest> late(String server) {
        return new ArrayList<>(LATE.getOrDefault(server, List.of()));
    }

    /** Returns whether {@code one} was in {@code late}, and removes it. */
    private static boolean takeOut(List<DelayedRequest> late, ReferenceServers.ParsedRequest one) {
        return late.stream()
                .filter(each -> each.is(one))
                .findFirst()
                .filter(late::remove)
                .isPresent();
    }

    /** Returns whether the digest of {@code one} was in {@code unseen}, and removes it. */
    private static boolean takeOutSeen(List<String> unseen, ReferenceServers.ParsedRequest one) {
        return unseen.stream()
                .filter(digest -> one.hasDigest(digest, digests))
                .findFirst()
                .filter(unseen::remove)
                .isPresent();
    }

    /** Returns the entries of {@code decidedOn} that are not in {@code seen}. */
    private static List<String> unseen(List<String> decidedOn, List<ReferenceServers.ParsedRequest> seen) {
        List<String> unseen = new ArrayList<>(decidedOn);
        seen.forEach(one -> takeOutSeen(unseen, one));
        return unseen;
    }

    /** Returns the intents that were written since the last call. */
    private static List<Json.Members> intents() throws Exception {
        List<Json.Members> fresh = new ArrayList<>();
        String newest = last;
        for (Json item :
                house.admin().call("receipts", Json.object().with("limit", 40)).items("receipts")) {
            Json.Members receipt = (Json.Members) item;
            if (receipt.text("id").equals(last)) {
                break;
            }
            if (newest.equals(last)) {
                newest = receipt.text("id");
            }
            if (receipt.text("kind").equals("intent")) {
                fresh.add(receipt);
            }
        }
        last = newest;
        return fresh;
    }
}
