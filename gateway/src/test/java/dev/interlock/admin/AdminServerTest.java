package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {

    @TempDir
    Path directory;

    private final FakeCommands commands = new FakeCommands();

    /** Answers `echo` with its arguments and `count` with three results, and records refused peers. */
    private static final class FakeCommands implements CommandRunner {
        private final List<String> ran = new CopyOnWriteArrayList<>();
        private final BlockingQueue<String> refused = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> over = new LinkedBlockingQueue<>();
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
                throws AdminRefusedException {
            ran.add(command);
            switch (command) {
                case "echo" -> results.accept(arguments);
                case "receipts.follow" ->
                    List.of(1, 2, 3).forEach(n -> results.accept(Json.object().with("n", n)));
                case "run.reattach" -> {
                    results.onEnd(() -> over.add(arguments.text("lease")));
                    results.accept(arguments);
                }
                case "break-disk" -> throw new UncheckedIOException(new IOException("no space left on device"));
                case "wait" -> {
                    begun.countDown();
                    await(go);
                    results.accept(arguments);
                }
                case "break" -> throw new IllegalStateException("with ilk_secret inside");
                default ->
                    throw new AdminRefusedException("unknown_command", "There is no such command.", "Ask for help.");
            }
        }

        @Override
        public void refused(Peer peer, String command) {
            refused.add(peer.user() + " " + command);
        }
    }

    private static final EvidenceQuestion.FollowReceipts EVERYTHING =
            new EvidenceQuestion.FollowReceipts(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private static UserPrincipal user(String name) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
    }

    private static UserPrincipal self() throws IOException {
        return user(System.getProperty("user.name"));
    }

    private AdminServer start(UserPrincipal entitled) throws IOException {
        return AdminServer.start(directory.resolve("admin.sock"), Set.of(entitled), commands);
    }

    private AdminClient client() {
        return AdminClient.at(directory.resolve("admin.sock"));
    }

    @Test
    void anEntitledPeerIsAnswered() throws Exception {
        try (AdminServer _ = start(self())) {
            Json.Members question = Json.object().with("a", "ü").with("n", 7);
            assertThat(client().call("echo", question)).isEqualTo(question);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"ok\":tr", "{\"ok\":true}\n", "{\"ok\":false,\"error\":{}}\n"})
    void aPartialAnswerIsABrokenConnection(String half) throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(directory.resolve("admin.sock")));
            Thread.startVirtualThread(() -> {
                try (SocketChannel peer = server.accept()) {
                    peer.read(ByteBuffer.allocate(1 << 10));
                    peer.write(ByteBuffer.wrap(half.getBytes(StandardCharsets.UTF_8)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThatThrownBy(() -> client().call("echo", Json.object())).isInstanceOf(IOException.class);
        }
    }

    private AdminClient.OpenConnection<LeaseQuestion.HeldRun> stay(String lease) throws Exception {
        return client().hold(new LeaseQuestion.ReattachRun(lease));
    }

    @Test
    @Timeout(300)
    void theEndOfAnOpenConnectionIsReported() throws Exception {
        try (AdminServer _ = start(self());
                AdminClient.OpenConnection<LeaseQuestion.HeldRun> other = stay("other")) {
            try (AdminClient.OpenConnection<LeaseQuestion.HeldRun> held = stay("one")) {
                assertThat(held.answer().lease()).isEqualTo("one");
                assertThat(held.isOpen()).isTrue();
                assertThat(commands.over).isEmpty();
            }
            assertThat(commands.over.take()).isEqualTo("one");
            assertThat(other.isOpen()).isTrue();
            assertThat(commands.over).isEmpty();
        }
    }

    @Test
    @Timeout(300)
    void aStoppingGatewayReportsNoPeerAsGone() throws Exception {
        try (AdminServer server = start(self());
                AdminClient.OpenConnection<LeaseQuestion.HeldRun> held = stay("one")) {
            server.close();
            assertThat(held.isOpen()).isFalse();
            assertThat(commands.over).isEmpty();
        }
    }

    @Test
    @Timeout(300)
    void openConnectionsHaveALimitOfTheirOwn() throws Exception {
        List<AdminClient.OpenConnection<LeaseQuestion.HeldRun>> all = new ArrayList<>();
        try (AdminServer _ = start(self())) {
            for (int i = 0; i < AdminServer.MAX_STAYING; i++) {
                all.add(stay(Integer.toString(i)));
            }
            assertThat(client().call("echo", Json.object())).isEqualTo(Json.object());
            assertThatThrownBy(() -> stay("one more"))
                    .isInstanceOf(AdminRefusedException.class)
                    .hasMessageContaining("which is the maximum");
            all.removeLast().close();
            commands.over.take();
            all.add(stay("another"));
        } finally {
            for (AdminClient.OpenConnection<LeaseQuestion.HeldRun> held : all) {
                held.close();
            }
        }
    }

    @Test
    void unentitledPeersAreRefusedAndRecorded() throws Exception {
        try (AdminServer _ = start(user("64990"))) {
            AdminRefusedException refusal =
                    catchThrowableOfType(AdminRefusedException.class, () -> client().call("echo", Json.object()));
            assertThat(refusal.kind()).isEqualTo("not_entitled");
            assertThat(commands.ran).isEmpty();
            assertThat(commands.refused).containsExactly(System.getProperty("user.name") + " echo");
        }
    }

    @Test
    void malformedRequestsOfStrangersAreRecorded() throws Exception {
        try (AdminServer _ = start(user("64990"))) {
            String much = "x".repeat(AdminServer.MAX_STRANGE_LINE + 1);
            for (String line : List.of("no JSON\n", "\n", "{\"arguments\":{}}\n", much)) {
                try (SocketChannel channel = connect()) {
                    send(channel, line);
                    assertThat(receive(channel)).contains("\"kind\":\"not_entitled\"");
                }
            }
            String self = System.getProperty("user.name");
            assertThat(commands.refused).hasSize(4).containsOnly(self + " " + AdminServer.UNREADABLE);
        }
    }

    @Test
    @Timeout(300)
    void strangersConnectionsBlockNobody() throws Exception {
        List<SocketChannel> idle = new ArrayList<>();
        try (AdminServer _ = start(user("64990"))) {
            for (int i = 0; i < AdminServer.MAX_STRANGERS; i++) {
                idle.add(connect());
            }
            try (SocketChannel oneMore = connect()) {
                assertThat(receive(oneMore)).as("closed at once").isEmpty();
            }
            assertThat(commands.refused.take()).isEqualTo(System.getProperty("user.name") + " " + AdminServer.CROWD);
            assertThat(commands.refused).isEmpty();
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("admin.sock")));
    }

    @Test
    void aCommandMayHaveSeveralResults() throws Exception {
        try (AdminServer server = start(self())) {
            List<Long> seen = new ArrayList<>();
            try {
                client().follow(EVERYTHING, result -> {
                    seen.add(result.whole("n"));
                    if (seen.size() == 3) {
                        throw new IllegalStateException("enough");
                    }
                });
            } catch (IllegalStateException e) {
                assertThat(e).hasMessage("enough");
            }
            assertThat(seen).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void anInternalErrorRevealsNothing() throws Exception {
        try (AdminServer _ = start(self())) {
            assertThatThrownBy(() -> client().call("break", Json.object()))
                    .isInstanceOf(AdminRefusedException.class)
                    .hasMessageNotContaining("ilk_secret");
        }
    }

    @Test
    void aDiskErrorIsNotADisconnect() throws Exception {
        try (AdminServer _ = start(self())) {
            AdminRefusedException refusal =
                    catchThrowableOfType(AdminRefusedException.class, () -> client().call("break-disk", Json.object()));
            assertThat(refusal.kind()).isEqualTo("unavailable");
        }
    }

    @Test
    void aRequestWithMoreThanACommandAndItsArgumentsIsMalformed() throws Exception {
        try (AdminServer _ = start(self());
                SocketChannel channel = connect()) {
            send(channel, "{\"arguments\":{},\"command\":\"echo\",\"dry_run\":true}\n");
            assertThat(receive(channel)).contains("\"kind\":\"malformed\"", "dry_run");
            assertThat(commands.ran).isEmpty();
        }
    }

    /** The real socket, which fails on demand. */
    private static class FaultyDoor implements AdminServer.ListeningSocket {
        private final AdminServer.ListeningSocket door;
        private final Semaphore accepts = new Semaphore(0);
        private final Semaphore strange = new Semaphore(0);
        private final AtomicInteger accepted = new AtomicInteger();
        private final CountDownLatch first = new CountDownLatch(1);

        private FaultyDoor(AdminServer.ListeningSocket door) {
            this.door = door;
        }

        @Override
        public SocketChannel accept() throws IOException {
            accepted.incrementAndGet();
            first.countDown();
            if (accepts.tryAcquire()) {
                throw new IOException("too many open files");
            }
            return door.accept();
        }

        @Override
        public UserPrincipal peer(SocketChannel channel) throws IOException {
            if (strange.tryAcquire()) {
                throw new IllegalStateException("no such user");
            }
            return door.peer(channel);
        }

        @Override
        public void close() throws IOException {
            door.close();
        }
    }

    /** The user may be an agent's. Its silence leaves no receipt. */
    @Test
    @Timeout(300)
    void oneSilentUserBlocksNobody() throws Exception {
        UserPrincipal other = user("64990");
        AtomicInteger peers = new AtomicInteger();
        FaultyDoor door = new FaultyDoor(AdminServer.bind(directory.resolve("admin.sock"))) {
            @Override
            public UserPrincipal peer(SocketChannel channel) throws IOException {
                return peers.getAndIncrement() < AdminServer.MAX_CONNECTIONS ? other : super.peer(channel);
            }
        };
        Set<UserPrincipal> entitled = Set.of(self(), other);
        List<SocketChannel> idle = new ArrayList<>();
        try (AdminServer _ = new AdminServer(
                        door, directory.resolve("admin.sock"), entitled, commands, AdminServer.DEFAULT_PAUSE)
                .start()) {
            for (int i = 0; i < AdminServer.MAX_CONNECTIONS; i++) {
                idle.add(connect());
            }
            assertThat(receive(idle.getLast())).as("closed at once").isEmpty();
            assertThat(client().call("echo", Json.object())).isEqualTo(Json.object());
            assertThat(commands.refused).isEmpty();
        } finally {
            for (SocketChannel channel : idle) {
                channel.close();
            }
        }
    }

    private AdminServer start(FaultyDoor door, Duration pause) throws IOException {
        return new AdminServer(door, directory.resolve("admin.sock"), Set.of(self()), commands, pause).start();
    }

    @Test
    @Timeout(300)
    void anUnidentifiablePeerDoesNotEndTheServer() throws Exception {
        FaultyDoor door = new FaultyDoor(AdminServer.bind(directory.resolve("admin.sock")));
        door.strange.release();
        try (AdminServer _ = start(door, AdminServer.DEFAULT_PAUSE)) {
            assertThatThrownBy(() -> client().call("echo", Json.object())).isInstanceOf(IOException.class);
            assertThat(client().call("echo", Json.object())).isEqualTo(Json.object());
        }
    }

    @Test
    @Timeout(300)
    void aFailedAcceptIsRetriedLater() throws Exception {
        FaultyDoor door = new FaultyDoor(AdminServer.bind(directory.resolve("admin.sock")));
        door.accepts.release(Integer.MAX_VALUE);
        AdminServer server = start(door, Duration.ofDays(1));
        door.first.await();
        server.close(); // ends the others as well
        assertThat(door.accepted).hasValue(1);
    }

    @Test
    @Timeout(300)
    void closingWaitsForTheRunningCommand() throws Exception {
        AdminServer server = start(self());
        try (SocketChannel channel = connect();
                SocketChannel idle = connect()) {
            String wait = "{\"arguments\":{},\"command\":\"wait\"}\n";
            send(channel, wait + wait);
            commands.begun.await();
            // The connection must be accepted, and not only queued: a closing listener would drop it from the queue.
            send(idle, "{}\n");
            assertThat(receive(idle)).contains("malformed");
            Thread closer = Thread.ofVirtual().start(() -> close(server));
            assertThat(receive(idle)).as("an idle peer is let go").isEmpty();
            commands.go.countDown();
            closer.join();
            assertThat(receive(channel)).isEqualTo("{\"ok\":true,\"result\":{}}\n");
            assertThat(commands.ran).containsExactly("wait");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(AdminServer server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nonCanonicalJsonIsRefusedAndTheConnectionStays() throws Exception {
        try (AdminServer _ = start(self());
                SocketChannel channel =
                        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("admin.sock")))) {
            send(channel, "{\"command\": \"echo\"}\n");
            assertThat(receive(channel)).contains("\"kind\":\"malformed\"");
            send(channel, "{\"arguments\":{},\"command\":\"echo\"}\n");
            assertThat(receive(channel)).isEqualTo("{\"ok\":true,\"result\":{}}\n");
        }
    }

    @Test
    void aDeadDaemonsSocketIsReplaced() throws Exception {
        start(self()).close();
        try (AdminServer _ = start(self())) {
            assertThat(client().call("echo", Json.object())).isEqualTo(Json.object());
        }
    }

    private static void send(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String receive(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        StringBuilder line = new StringBuilder();
        while (line.indexOf("\n") < 0 && channel.read(buffer.clear()) >= 0) {
            line.append(StandardCharsets.UTF_8.decode(buffer.flip()));
        }
        return line.toString();
    }
}
