package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.Routes;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.gate.Deriver;
import dev.interlock.gate.Elevator;
import dev.interlock.gate.Handler;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.Upstream;
import dev.interlock.vault.Decoys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places with a real front, which nobody asks for anything. */
final class PlacesTest {

    @TempDir
    private Path directory;

    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private UpstreamClient upstreams;
    private HttpFront front;

    private static final class Nobody implements Handler {
        @Override
        public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
            throw new AssertionError("nobody calls");
        }
    }

    @BeforeEach
    void open() {
        upstreams = new UpstreamClient();
        Elevator nothing = _ -> {
            throw new AssertionError("nobody asks");
        };
        Deriver nobody = (_, _, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        front = new HttpFront(
                _ -> new Routes.Unknown(), new Nobody(), nobody, nothing, upstreams, _ -> "", Clock.systemUTC());
    }

    @AfterEach
    void close() {
        front.close();
        upstreams.close();
    }

    @Test
    void whatIsUsedStaysOpenAndNothingElse() throws IOException {
        Places places = new Places(front, new Decoys(new SecureRandom()), directory, alerts::add);
        Path used = places.open("used", Set.of()).socket();
        Path unused = places.open("unused", Set.of()).socket();
        places.closeUnused(() -> Set.of("used", "never-opened"));
        assertThat(used).exists();
        assertThat(unused.getParent()).doesNotExist();
        assertThat(places.open("unused", Set.of()).socket())
                .as("it can be opened again")
                .exists();
    }

    @Test
    void aPlaceThatCannotBeOpenedLeavesNothingBehind() throws IOException {
        Path tooLong = Files.createDirectories(directory.resolve("x".repeat(120)));
        Places places = new Places(front, new Decoys(new SecureRandom()), tooLong, alerts::add);
        assertThatThrownBy(() -> places.open("place", Set.of())).isInstanceOf(IOException.class);
        assertThat(tooLong.resolve("places")).isEmptyDirectory();
    }

    /** A lease that was copied out of the sandbox is good at its place alone: so that must be its agent's alone. */
    @Test
    void nobodyButItsAgentAndWhoeverStartedItEnters() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root can be somebody else")
                .isEqualTo("root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        Places places = new Places(front, new Decoys(new SecureRandom()), directory, alerts::add);
        Path socket = places.open("place", Set.of("65533", "root")).socket();
        assertThat(answer(socket, "0")).contains("HTTP/1.1");
        assertThat(answer(socket, "65533")).contains("HTTP/1.1");
        assertThat(alerts).isEmpty();
        assertThat(answer(socket, "65532")).isEmpty();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.Rule.LEASE_MISPLACED);
            assertThat(alert.facts()).containsEntry("user", "65532");
        });
    }

    private static String answer(Path socket, String user) throws Exception {
        Process curl = new ProcessBuilder(
                        "setpriv",
                        "--reuid=" + user,
                        "--clear-groups",
                        "curl",
                        "-si",
                        "--unix-socket",
                        socket.toString(),
                        "http://127.0.0.1/nowhere/x")
                .redirectErrorStream(true)
                .start();
        String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        curl.waitFor();
        return answer;
    }
}
