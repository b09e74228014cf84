package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServerTest {

    @TempDir
    Path directory;

    private final FakeCommands commands = new FakeCommands();

    /** Answers `echo` with its arguments, `count` with three results, and remembers who was refused. */
    private static final class FakeCommands implements Commands {
        private final List<String> ran = new CopyOnWriteArrayList<>();
        private final List<String> refused = new CopyOnWriteArrayList<>();

        @Override
        public void run(Peer peer, String command, Json.Members arguments, Consumer<Json.Members> results)
                throws AdminRefusedException {
            ran.add(command);
            switch (command) {
                case "echo" -> results.accept(arguments);
                case "count" ->
                    List.of(1, 2, 3).forEach(n -> results.accept(Json.object().with("n", n)));
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

    @Test
    void anyoneElseIsRefusedAndRecordedAndNothingRuns() throws Exception {
        try (AdminServer _ = start(user("64990"))) {
            AdminRefusedException refusal =
                    catchThrowableOfType(AdminRefusedException.class, () -> client().call("echo", Json.object()));
            assertThat(refusal.kind()).isEqualTo("not_entitled");
            assertThat(commands.ran).isEmpty();
            assertThat(commands.refused).containsExactly(System.getProperty("user.name") + " echo");
        }
    }

    @Test
    void aCommandMayHaveSeveralResults() throws Exception {
        try (AdminServer server = start(self())) {
            List<Long> seen = new ArrayList<>();
            try {
                client().follow("count", Json.object(), result -> {
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
    void ourOwnFailureSaysNothingOfOurInsides() throws Exception {
        try (AdminServer _ = start(self())) {
            assertThatThrownBy(() -> client().call("break", Json.object()))
                    .isInstanceOf(AdminRefusedException.class)
                    .hasMessageNotContaining("ilk_secret");
        }
    }

    @Test
    void whatIsNotCanonicalIsRefusedAndTheConnectionLives() throws Exception {
        try (AdminServer _ = start(self());
                SocketChannel channel =
                        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("admin.sock")))) {
            send(channel, "{\"command\": \"echo\"}\n");
            assertThat(receive(channel)).contains("\"kind\":\"malformed\"");
            send(channel, "{\"arguments\":{},\"command\":\"echo\"}\n");
            assertThat(receive(channel)).isEqualTo("{\"ok\":true,\"result\":{}}\n");
        }
    }

    private SocketChannel knock() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("admin.sock")));
    }

    private static boolean isDropped(SocketChannel channel) {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true; // reset, because of what was not read
        }
    }

    private List<SocketChannel> knockAndStay(int times) throws IOException {
        List<SocketChannel> staying = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            SocketChannel channel = knock();
            send(channel, "{\"arguments\":{},\"command\":\"echo\"}\n");
            assertThat(receive(channel)).isNotEmpty();
            staying.add(channel);
        }
        return staying;
    }

    @Test
    void strangersWhoStayTakeOnlyStrangersSeats() throws Exception {
        try (AdminServer _ = start(user("64990"))) {
            List<SocketChannel> staying = knockAndStay(AdminServer.MAX_STRANGERS);
            try (SocketChannel oneMore = knock()) {
                assertThat(isDropped(oneMore)).isTrue();
            }
            for (SocketChannel channel : staying) {
                channel.close();
            }
        }
        try (AdminServer _ = start(self())) {
            for (SocketChannel channel : knockAndStay(AdminServer.MAX_STRANGERS + 1)) {
                channel.close();
            }
        }
    }

    @Test
    void aStrangerWhoTalksAtLengthIsDropped() throws Exception {
        try (AdminServer _ = start(user("64990"));
                SocketChannel channel = knock()) {
            send(channel, "x".repeat(AdminServer.MAX_STRANGERS_LINE + 1));
            assertThat(isDropped(channel)).isTrue();
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
