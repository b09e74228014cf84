package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.admin.Listeners;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.front.http.GatewayRequests;
import dev.interlock.front.http.HttpFront;
import dev.interlock.front.http.UpstreamClient;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.Handler;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.Upstream;
import dev.interlock.gate.WhoamiRequests;
import dev.interlock.identity.SqlitePlaceStore;
import dev.interlock.store.Database;
import dev.interlock.vault.Decoys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests places with a real front that gets no requests. */
final class SandboxListenersTest {

    @TempDir
    private Path directory;

    private final List<Alert> alerts = new CopyOnWriteArrayList<>();
    private static final Listeners.PlaceUsers ENTRANTS =
            new Listeners.PlaceUsers(System.getProperty("user.name"), Optional.empty(), RunProcess.current());

    private Database database;
    private Decoys decoys;
    private UpstreamClient upstreams;
    private HttpFront front;

    private static final class UnusedHandler implements Handler {
        @Override
        public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
            throw new AssertionError("nobody calls");
        }
    }

    @BeforeEach
    void open() {
        database = Database.open(directory.resolve("store.db"), SqlitePlaceStore.SCHEMAS);
        decoys = new Decoys(new SecureRandom());
        upstreams = new UpstreamClient();
        ElevationRequests nothing = _ -> {
            throw new AssertionError("nobody asks");
        };
        UndoRequests neither = _ -> {
            throw new AssertionError("nobody asks");
        };
        WhoamiRequests noOne = (_, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        PlanRequests unplanned = _ -> {
            throw new AssertionError("nobody asks");
        };
        LeaseDeriver nobody = (_, _, _, _) -> {
            throw new AssertionError("nobody asks");
        };
        front = new HttpFront(
                _ -> new UpstreamRoutes.UnknownUpstream(),
                new UnusedHandler(),
                new GatewayRequests(nobody, nothing, neither, noOne, unplanned),
                upstreams,
                _ -> "",
                Clock.systemUTC(),
                Path.of("target", "bodies"));
    }

    @AfterEach
    void close() {
        front.close();
        upstreams.close();
        database.close();
    }

    @Test
    void onlyUsedListenersStayOpen() throws IOException {
        SandboxListeners places = places(directory);
        Path used = places.open("used", ENTRANTS).socket();
        Path unused = places.open("unused", ENTRANTS).socket();
        places.closeUnused(() -> Set.of("used", "never-opened"));
        assertThat(used).exists();
        assertThat(unused.getParent()).doesNotExist();
        assertThat(places.open("unused", ENTRANTS).socket())
                .as("it can be opened again")
                .exists();
    }

    @Test
    void aPlaceThatCannotBeOpenedLeavesNothingBehind() throws IOException {
        Path tooLong = Files.createDirectories(directory.resolve("x".repeat(120)));
        SandboxListeners places = places(tooLong);
        assertThatThrownBy(() -> places.open("place", ENTRANTS)).isInstanceOf(IOException.class);
        assertThat(tooLong.resolve("places")).isEmptyDirectory();
    }

    /** A lease that was copied out of the sandbox works only at its place, so only its agent may enter that. */
    @Test
    @Tag("process")
    void onlyTheAgentAndItsStarterConnect() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root can be somebody else")
                .isEqualTo("root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        SandboxListeners places = places(directory);
        Path socket = places.open("place", new Listeners.PlaceUsers("root", Optional.of("65533"), Optional.empty()))
                .socket();
        assertThat(answer(socket, "0")).contains("HTTP/1.1");
        assertThat(answer(socket, "65533")).contains("HTTP/1.1");
        assertThat(alerts).isEmpty();
        assertThat(answer(socket, "65532")).isEmpty();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.LEASE_MISPLACED);
            assertThat(alert.facts()).containsEntry("user", "65532");
        });
    }

    private SandboxListeners places(Path run) {
        return new SandboxListeners(front, Optional.empty(), decoys, new SqlitePlaceStore(database), run, alerts::add);
    }

    private static MaskedCredential masked(String decoy) {
        return new MaskedCredential("npm-token", new Secret(decoy));
    }

    /** This is what another process does with the same store and directory, once this one is gone. */
    @Test
    @Tag("process")
    void aReopenedPlaceHasTheSameSocketAuthorityAndDecoys() throws Exception {
        SandboxListeners before = places(directory);
        Listeners.OpenListener opened = before.open("place", ENTRANTS);
        before.open("over", ENTRANTS);
        String pem = Files.readString(opened.trust().resolve("authority.pem"));
        Secret planted = new Secret(before.plant("place", "jer/cursor").stream()
                .map(LeaseQuestion.Decoy::content)
                .filter(content -> content.startsWith("ghp_"))
                .findFirst()
                .orElseThrow()
                .strip());
        before.arm("place", "jer/cursor", List.of(masked("one-masked-decoy-of-some-length")));
        before.arm("place", "jer/cursor", List.of(masked("another-masked-decoy-of-some-length")));
        Object inode = Files.getAttribute(opened.trust(), "unix:ino");
        close();
        open();
        assertThat(opened.socket()).doesNotExist();

        SandboxListeners after = places(directory);
        assertThat(after.reopen(Set.of("place", "never-opened"))).isEqualTo(Map.of("place", ENTRANTS));
        assertThat(answer(opened.socket(), "0")).contains("HTTP/1.1");
        assertThat(Files.getAttribute(opened.trust(), "unix:ino"))
                .as("it is mounted in a sandbox")
                .isEqualTo(inode);
        assertThat(Files.readString(opened.trust().resolve("authority.pem"))).isEqualTo(pem);
        assertThat(decoys.nameOf(planted)).contains("decoy-github of jer/cursor");
        for (String masked : List.of("one-masked-decoy-of-some-length", "another-masked-decoy-of-some-length")) {
            assertThat(decoys.nameOf(new Secret(masked))).contains("decoy-masked-1 of jer/cursor for npm-token");
            assertThat(decoys.maskedKind("place", new Secret(masked))).contains("npm-token");
        }
        assertThat(directory.resolve("places/over")).doesNotExist();

        after.close("place");
        assertThat(opened.trust()).doesNotExist();
        assertThat(decoys.nameOf(planted)).isEmpty();
        assertThat(places(directory).reopen(Set.of("place"))).isEmpty();
    }

    /** Its lease may have been copied out, so nobody is let in, not even briefly. */
    @Test
    @Tag("process")
    void aPlaceWhoseRunIsGoneIsNotOpenedAgain() throws Exception {
        RunProcess gone = new RunProcess(
                RunProcess.current().orElseThrow().boot(),
                ProcessHandle.current().pid(),
                1);
        Listeners.PlaceUsers entrants =
                new Listeners.PlaceUsers(ENTRANTS.starter(), Optional.empty(), Optional.of(gone));
        Listeners.OpenListener opened = places(directory).open("place", entrants);
        close();
        open();
        assertThat(places(directory).reopen(Set.of("place"))).isEqualTo(Map.of("place", entrants));
        assertThat(opened.trust()).doesNotExist();
        assertThat(answer(opened.socket(), "0")).isEmpty();
        assertThat(places(directory).reopen(Set.of("place"))).isEmpty();
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
